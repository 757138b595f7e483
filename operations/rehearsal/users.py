"""Users, as the application has them: they read their profile, look up area codes, upload and sign up.

Each statement is a transaction of its own, as the API's are, under the role and the claims of its user.
"""

from __future__ import annotations

import itertools
import json
import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, LiteralString, NamedTuple

import psycopg
from psycopg.conninfo import make_conninfo

from operations.rehearsal.scratch import Scratch

CALLERS = "authenticator"
SIGN_UPS = "supabase_auth_admin"
WORKERS = 8
SIGN_UPS_EVERY = 1.0
"""Seconds between two new users, whatever the rate of all else."""

MOST = 10_000
"""How many users are at work, of those that there are."""

_SOME: LiteralString = "SELECT id FROM public.profiles ORDER BY id LIMIT %s"
_AS = "SELECT set_config('role', %(role)s, true), set_config('request.jwt.claims', %(claims)s, true)"
# As PostgREST sends it. Asked by auth.uid(), whose COALESCE counts as leaky, policies keep Postgres from the
# index.
_PROFILE: LiteralString = "SELECT id, role, plan_expires_at FROM public.profiles WHERE id = %(user)s"
_OLD_CODES: LiteralString = "SELECT npa, state FROM public.lerg_codes WHERE npa = %(npa)s LIMIT 1"
_NEW_CODES: LiteralString = "SELECT npa, state_province_code FROM public.enhanced_lerg WHERE npa = %(npa)s"
_UPLOAD: LiteralString = "SELECT success FROM public.increment_upload_count(auth.uid(), 1)"
_SIGN_UP: LiteralString = """
INSERT INTO auth.users (instance_id, id, aud, role, email, raw_app_meta_data, raw_user_meta_data,
  confirmation_token, recovery_token, email_change_token_new, email_change, created_at, updated_at)
VALUES ('00000000-0000-0000-0000-000000000000', gen_random_uuid(), 'authenticated', 'authenticated',
  %(email)s, '{}', '{}', '', '', '', '', now(), now()) RETURNING id
"""


Answer = list[tuple[Any, ...]]


class Call(NamedTuple):
    """One statement of a user."""

    kind: str
    at: float
    """Seconds since the rehearsal began."""
    seconds: float
    problem: str
    """Why it failed, or what was missing from its answer; empty where it was right."""


@dataclass
class Users:
    """Everybody who is at work on a copy while it is changed."""

    scratch: Scratch
    rate: float
    """Statements a second, of all users together."""
    began: float
    completed: int = 0
    """The phase that the application's code relies on."""
    calls: list[Call] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)
    _known: Sequence[str] = ()
    _codes: Sequence[str] = ()

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Begin, and end with all statements answered."""
        with psycopg.connect(self.scratch.target.database_url) as connection:
            self._known = [str(id_) for (id_,) in connection.execute(_SOME, [MOST])]
            self._codes = [str(npa) for (npa,) in connection.execute("SELECT npa FROM public.lerg_codes")]
        threads = [threading.Thread(target=self._work, args=(number,)) for number in range(WORKERS)]
        threads.append(threading.Thread(target=self._sign_up))
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._stop.set()
            for thread in threads:
                thread.join()

    def _work(self, number: int) -> None:
        chance = random.Random(number)  # noqa: S311  to be repeated, not to be secret
        pause = WORKERS / self.rate
        due = time.monotonic() + chance.random() * pause
        with self._connected(CALLERS) as connection:
            while not self._stop.wait(max(0.0, due - time.monotonic())):
                due += pause
                kind, statement, given = self._chosen(chance)
                self._timed(kind, partial(_answer_to, connection, statement, given))

    def _sign_up(self) -> None:
        with self._connected(SIGN_UPS) as connection:
            for number in itertools.count():
                if self._stop.wait(SIGN_UPS_EVERY):
                    return
                given = {"email": f"rehearsed.{number}@example.com"}
                self._timed("sign up", partial(_answer, connection, _SIGN_UP, given))

    @contextmanager
    def _connected(self, role: str) -> Iterator[psycopg.Connection[Any]]:
        url = self.scratch.cluster.url(role, self.scratch.target.name)
        with psycopg.connect(make_conninfo(url, application_name="users"), autocommit=True) as connection:
            yield connection

    def _chosen(self, chance: random.Random) -> tuple[str, LiteralString, dict[str, str]]:
        kinds: list[tuple[str, LiteralString]] = [
            ("read profile", _PROFILE),
            ("look up", _NEW_CODES if self.completed >= 3 else _OLD_CODES),
        ]
        if self.completed >= 6:
            kinds.append(("upload", _UPLOAD))
        kind, statement = chance.choice(kinds)
        return kind, statement, {"user": chance.choice(self._known), "npa": chance.choice(self._codes)}

    def _timed(self, kind: str, ask: Callable[[], list[tuple[Any, ...]]]) -> None:
        begun = time.monotonic()
        try:
            problem = "" if ask() else "an empty answer"
        except psycopg.Error as error:
            problem = f"{error.sqlstate or 'connection'}: {str(error).splitlines()[0]}"
        self.calls.append(Call(kind, begun - self.began, time.monotonic() - begun, problem))


def _answer(connection: psycopg.Connection[Any], statement: LiteralString, given: dict[str, str]) -> Answer:
    return connection.execute(statement, given).fetchall()


def _answer_to(
    connection: psycopg.Connection[Any], statement: LiteralString, given: dict[str, str]
) -> Answer:
    """What a user gets, under their role and claims."""
    claims = json.dumps({"sub": given["user"], "role": "authenticated"})
    with connection.transaction(), connection.pipeline():
        connection.execute(_AS, {"role": "authenticated", "claims": claims})
        cursor = connection.execute(statement, given)
    return cursor.fetchall()
