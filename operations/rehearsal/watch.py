"""What an update holds while it runs: looked at many times a second, from outside."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import LiteralString, NamedTuple

import psycopg

from provider.postgres.statement import Lock

EVERY_SECONDS = 0.01
UPDATER = "voip-accelerator-infra"
"""How the provider names its sessions."""

# A table that its transaction has only just made is in no catalog yet: nobody can wait for it.
_HELD: LiteralString = """
SELECT c.oid::regclass::text, l.mode
FROM pg_locks l JOIN pg_stat_activity a USING (pid) JOIN pg_class c ON c.oid = l.relation
WHERE l.locktype = 'relation' AND l.granted AND a.application_name = %s AND a.datname = current_database()
  AND c.oid >= 16384 AND c.relkind IN ('r', 'p') AND a.state <> 'idle'
"""
_MODES = {lock.name.replace("_", "").lower() + "lock": lock for lock in Lock}


class Hold(NamedTuple):
    """One lock, from when it was first seen until it was last seen without a break."""

    relation: str
    lock: Lock
    at: float
    """Seconds since the rehearsal began."""
    seconds: float


@dataclass
class Watch:
    """Looks at the locks of an update."""

    url: str
    began: float
    holds: list[Hold] = field(default_factory=list)
    _open: dict[tuple[str, Lock], tuple[float, float]] = field(default_factory=dict)
    _stop: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def looking(self) -> Iterator[None]:
        """Look from now until the end of the block."""
        thread = threading.Thread(target=self._look)
        thread.start()
        try:
            yield
        finally:
            self._stop.set()
            thread.join()

    def _look(self) -> None:
        with psycopg.connect(self.url, autocommit=True, application_name="watch") as connection:
            connection.execute("SET search_path = ''")
            while not self._stop.wait(EVERY_SECONDS):
                rows = connection.execute(_HELD, [UPDATER]).fetchall()
                self._note({(name, _MODES[mode.lower()]) for name, mode in rows if mode.lower() in _MODES})
        self._note(set())

    def _note(self, held: set[tuple[str, Lock]]) -> None:
        now = time.monotonic() - self.began
        for key in self._open.keys() - held:
            first, last = self._open.pop(key)
            self.holds.append(Hold(*key, first, last - first))
        for key in held:
            first, _ = self._open.get(key, (now, now))
            self._open[key] = (first, now)
