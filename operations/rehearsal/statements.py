"""What an update sends to the server, and how long each of it takes, from the server's own log."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import NamedTuple

from psycopg import sql

from operations.rehearsal.scratch import Scratch
from operations.rehearsal.watch import UPDATER
from sandbox import databases
from sandbox.cluster import OWNER

_LOGGED = re.compile(
    r"^(?P<day>\S+) (?P<time>\S+) UTC \[\d+\] \w+@(?P<database>\w+) (?P<application>[^:]*): "
    r"LOG:  duration: (?P<milliseconds>[\d.]+) ms  (?:statement|execute [^:]*): (?P<text>.*(?:\n\t.*)*)",
    re.MULTILINE,
)
_ENVELOPE = re.compile(r"^(BEGIN|COMMIT|SET( LOCAL)? \w+ = \S+)$")


class Sent(NamedTuple):
    """One message to the server: a statement, or a transaction in one piece."""

    ended: datetime
    seconds: float
    text: str


@contextmanager
def logged(scratch: Scratch) -> Iterator[list[Sent]]:
    """Filled at the end with all that the updates have sent to the copy in the meantime."""
    sent: list[Sent] = []
    log = scratch.cluster.layout.log
    _log_all(scratch)
    begin = log.stat().st_size
    yield sent
    sent.extend(parsed(log.read_bytes()[begin:].decode(errors="replace"), scratch.target.name))


def parsed(text: str, database: str) -> Iterator[Sent]:
    """What a log tells of the updates of one database."""
    for found in _LOGGED.finditer(text):
        if (found["database"], found["application"]) == (database, UPDATER):
            ended = datetime.fromisoformat(f"{found['day']} {found['time']}").replace(tzinfo=UTC)
            yield Sent(ended, float(found["milliseconds"]) / 1000, _shortened(found["text"]))


def _shortened(text: str) -> str:
    """A message without what only frames it."""
    lines = (line.strip() for line in text.replace("\n\t", "\n").splitlines())
    return "\n".join(line for line in lines if line not in ("", ";") and not _ENVELOPE.match(line))


def _log_all(scratch: Scratch) -> None:
    with databases.admin(scratch.cluster) as connection:
        connection.execute(
            sql.SQL("ALTER ROLE {} IN DATABASE {} SET log_min_duration_statement = 0").format(
                sql.Identifier(OWNER), sql.Identifier(scratch.target.name)
            )
        )
