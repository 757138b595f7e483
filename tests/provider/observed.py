"""What Postgres really does for each statement, seen from inside its transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, LiteralString

import psycopg
import pytest

from provider.postgres.session import Session
from provider.postgres.statement import Lock, Locks, Statement, Transaction, Work, strongest, transactions
from provider.schema.shape import identifier

Connection = psycopg.Connection[tuple[Any, ...]]

# An index counts as its table, a sequence as the one whose column owns it, a partition as all of them.
_RELATIONS: LiteralString = """
SELECT c.oid, n.nspname, t.relname FROM pg_class c
LEFT JOIN pg_index i ON i.indexrelid = c.oid
LEFT JOIN pg_depend d ON c.relkind = 'S' AND d.objid = c.oid AND d.classid = 'pg_class'::regclass
  AND d.deptype IN ('a', 'i')
JOIN pg_class p ON p.oid = coalesce(i.indrelid, d.refobjid, c.oid)
JOIN pg_class t ON t.oid = coalesce(pg_partition_root(p.oid), p.oid) AND t.relkind IN ('r', 'p', 'm', 'v')
JOIN pg_namespace n ON n.oid = t.relnamespace
WHERE n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
"""

_HELD: LiteralString = """
SELECT relation, mode FROM pg_locks
WHERE pid = pg_backend_pid() AND locktype = 'relation' AND granted
"""

_SCANS: LiteralString = "SELECT coalesce(sum(seq_scan), 0) FROM pg_stat_xact_user_tables"

_FILES: LiteralString = "SELECT oid, relfilenode FROM pg_class WHERE relkind IN ('r', 'm')"

_MODES = {lock.name.replace("_", "").lower() + "lock": lock for lock in Lock}


@dataclass(frozen=True)
class Observation:
    """One statement, and what was seen of it; locks are all that its transaction held by then."""

    statement: Statement
    declared: Locks
    locks: Locks
    work: Work

    @property
    def is_as_declared(self) -> bool:
        # What is gone through without a lock is in nobody's way.
        return self.locks == self.declared and (self.work == self.statement.work or not self.statement.locks)

    def __str__(self) -> str:
        return (
            f"{self.statement.text.as_string()} declares {self.declared} and {self.statement.work!r}, "
            f"takes {self.locks} and {self.work!r}"
        )


@pytest.fixture
def observations(monkeypatch: pytest.MonkeyPatch) -> list[Observation]:
    """Fills with all that sessions change from now on; what can't run in a transaction is not seen."""
    seen: list[Observation] = []

    def change(session: Session, statements: Iterable[Statement]) -> int:
        connection = session._writable_connection()
        count = 0
        for group in transactions(statements):
            if group[0].transaction is Transaction.NONE:
                count = connection.execute(group[0].text.as_bytes()).rowcount
            else:
                with connection.transaction():
                    count = _observe(connection, group, seen)
        return count

    monkeypatch.setattr(Session, "change", change)
    return seen


def _observe(connection: Connection, group: list[Statement], seen: list[Observation]) -> int:
    relations = {
        oid: identifier(schema, name) for oid, schema, name in connection.execute(_RELATIONS).fetchall()
    }
    count = 0
    for position, statement in enumerate(group, start=1):
        scans, files = _scans(connection), _files(connection)
        count = connection.execute(statement.text.as_bytes()).rowcount
        seen.append(
            Observation(
                statement,
                _known(strongest(group[:position]), relations),
                _held(connection, relations),
                _work(connection, scans, files),
            )
        )
    return count


def _known(locks: Locks, relations: Mapping[int, str]) -> Locks:
    return {relation: lock for relation, lock in locks.items() if relation in relations.values()}


def _held(connection: Connection, relations: Mapping[int, str]) -> Locks:
    held: dict[str, Lock] = {}
    for oid, mode in connection.execute(_HELD).fetchall():
        name, lock = relations.get(oid), _MODES.get(mode.lower())
        if name and lock:
            held[name] = max(lock, held.get(name, lock))
    return held


def _work(connection: Connection, scans: int, files: Mapping[int, int]) -> Work:
    after = _files(connection)
    if any(after.get(oid, file) != file for oid, file in files.items()):
        return Work.REWRITE
    return Work.SCAN if _scans(connection) > scans else Work.CATALOG


def _scans(connection: Connection) -> int:
    ((scans,),) = connection.execute(_SCANS).fetchall()
    return int(scans)


def _files(connection: Connection) -> dict[int, int]:
    return dict(connection.execute(_FILES).fetchall())
