"""The connections to one database: one that reads a snapshot, one that changes in a queue."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, LiteralString

import psycopg
from psycopg import IsolationLevel, sql

from provider.errors import ProviderError
from provider.notes import progress
from provider.postgres.statement import Lock, Statement, Transaction, Work, strongest, transactions
from provider.postgres.url import named_project, url_problem
from provider.target import Target

OLDEST_MAJOR = 15
LOCK_TIMEOUT = "100ms"
"""How long users may stand behind a statement that waits for its lock."""
LOCK_ATTEMPTS = 150
"""With the pauses between them some three minutes, which outlasts most transactions and a vacuum."""
PATIENCE = "10min"
"""For a lock behind which no user has to wait."""
BRIEF = "10s"
"""The longest that a statement may take which goes through no rows."""
LONG = "6h"
"""The longest that anything may take."""
ADVISORY_LOCK = 0x766F6970
"""One update at a time: the letters `voip` as a number."""

# Printing must not depend on a role's or a database's settings. An empty search path makes Postgres qualify
# every name; row_security off turns rows hidden by a policy into an error instead of an empty answer. A body
# that names tables without their schema is right at run time, and can't be checked under this path. And
# nothing may wait without end: not for somebody else's lock, nor for a client that is gone.
_PINS: LiteralString = """
SET search_path = '';
SET timezone = 'UTC';
SET datestyle = 'ISO, YMD';
SET intervalstyle = 'postgres';
SET bytea_output = 'hex';
SET extra_float_digits = 1;
SET row_security = off;
SET quote_all_identifiers = off;
SET standard_conforming_strings = on;
SET check_function_bodies = off;
SET lock_timeout = '5s';
SET statement_timeout = '5min';
SET idle_in_transaction_session_timeout = '1h';
SET client_connection_check_interval = '5s';
"""

_ORDINARY: LiteralString = """
SET LOCAL search_path = public, extensions;
SET LOCAL row_security = on;
SET LOCAL statement_timeout = '30s';
"""

_KEEPALIVES: dict[str, Any] = {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}
"""A connection whose other end is gone is noticed after a minute."""

_IDENTITY: LiteralString = """
SELECT current_setting('app.settings.project_ref', true) AS reference,
  current_setting('server_version_num')::integer / 10000 AS major,
  to_regclass(%s) IS NOT NULL AS landmark
"""


class Session:
    """What a provider process does on one database. Reads come from one snapshot until the first change."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self._lock = threading.RLock()
        self._closing = threading.Event()
        self._reader: psycopg.Connection[tuple[Any, ...]] | None = None
        self._writer: psycopg.Connection[tuple[Any, ...]] | None = None

    @property
    def changed(self) -> bool:
        """Whether this process has changed anything."""
        return self._writer is not None

    def query_all(
        self, queries: Sequence[sql.Composable], parameters: Mapping[str, object] | None = None
    ) -> list[list[tuple[Any, ...]]]:
        """Run read-only queries in one round trip, all of one snapshot until the first change.

        Without parameters a percent sign stands for itself.
        """
        with self._lock:
            connection = self._readable_connection()
            with _readable(connection), connection.pipeline():
                cursors = [connection.execute(query.as_bytes(connection), parameters) for query in queries]
            return [cursor.fetchall() for cursor in cursors]

    def query(
        self, query: sql.Composable, parameters: Mapping[str, object] | None = None
    ) -> list[tuple[Any, ...]]:
        """Run one read-only query."""
        return self.query_all([query], parameters)[0]

    def query_if_possible(self, query: sql.Composable) -> list[tuple[Any, ...]] | None:
        """Run one read-only query; None where what it asks about is not there, or hidden from the role."""
        with self._lock:
            connection = self._readable_connection()
            with _readable(connection):
                try:
                    with connection.transaction():
                        return connection.execute(query.as_bytes(connection)).fetchall()
                except _NOT_THERE:
                    return None

    def change(self, statements: Iterable[Statement]) -> int:
        """Run statements, each transaction waiting briefly for its locks; returns the last row count."""
        count = 0
        with self._lock:
            for position, group in enumerate(transactions(statements)):
                with _changing(self._writable_connection(), begun=position > 0):
                    count = self._patiently(group)
        return count

    @contextmanager
    def rolled_back(self) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
        """A transaction that leaves nothing behind, under the settings of an ordinary session."""
        with self._lock:
            connection = self._writable_connection()
            with connection.transaction(force_rollback=True):
                connection.execute(_ORDINARY)
                yield connection

    def exclude_other_updates(self) -> None:
        """Take the lock that keeps other updates out, for changes that are made elsewhere than here."""
        with self._lock:
            self._writable_connection()

    def pause(self, seconds: float) -> None:
        """Let others work; ends with a refusal when this process is to end."""
        if self._closing.wait(seconds):
            raise ProviderError("interrupted; run the same command again to go on from here")

    def close(self) -> None:
        """Close both connections, and with the writer's the lock that keeps other updates out."""
        self._closing.set()
        with self._lock:
            for connection in (self._reader, self._writer):
                if connection is not None:
                    connection.close()

    def _patiently(self, group: Sequence[Statement]) -> int:
        for attempt in range(1, LOCK_ATTEMPTS + 1):
            try:
                return self._run(group)
            except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
                self._writable_connection().rollback()
                if attempt == LOCK_ATTEMPTS:
                    raise ProviderError(_lock_message()) from None
                progress("waits for a lock that another transaction holds")
                self.pause(random.uniform(0.1, 0.3) * min(attempt, 5))  # noqa: S311  jitter, not cryptography
        raise AssertionError("unreachable")

    def _run(self, group: Sequence[Statement]) -> int:
        connection = self._writable_connection()
        if group[0].transaction is not Transaction.NONE:
            return _last_count(connection.execute(_in_one_round_trip(group).as_bytes(connection)))
        # Its locks let users read and write, and a build that is given up leaves an invalid index behind.
        connection.execute(sql.SQL("SET lock_timeout = 0; SET statement_timeout = {}").format(LONG))
        try:
            return connection.execute(group[0].text.as_bytes(connection)).rowcount
        finally:
            if not connection.closed:
                connection.execute(_PINS)

    def _readable_connection(self) -> psycopg.Connection[tuple[Any, ...]]:
        if self._writer is not None:
            return self._writer
        if self._reader is None:
            self._reader = self._connect()
            self._reader.commit()
            self._reader.isolation_level = IsolationLevel.REPEATABLE_READ
            self._reader.read_only = True
        return self._reader

    def _writable_connection(self) -> psycopg.Connection[tuple[Any, ...]]:
        if self._writer is None:
            connection = self._connect()
            connection.commit()
            connection.autocommit = True
            _exclude_other_updates(connection)
            self._writer = connection
            if self._reader is not None:
                self._reader.close()
        return self._writer

    def _connect(self) -> psycopg.Connection[tuple[Any, ...]]:
        if problem := url_problem(self.target):
            raise ProviderError(problem)
        try:
            connection = psycopg.connect(
                self.target.database_url,
                connect_timeout=10,
                application_name="voip-accelerator-infra",
                **_KEEPALIVES,
            )
        except psycopg.Error as error:
            raise ProviderError(_connection_message(self.target, error)) from None
        connection.execute(_PINS)
        self._verify_identity(connection)
        return connection

    def _verify_identity(self, connection: psycopg.Connection[tuple[Any, ...]]) -> None:
        row = connection.execute(_IDENTITY, (self.target.landmark,)).fetchone()
        reference, major, landmark = row or (None, 0, False)
        if problem := identity_problem(self.target, reference, major, landmark):
            connection.close()
            raise ProviderError(problem)


def identity_problem(target: Target, reference: str | None, major: int, landmark: bool) -> str | None:
    """Why a database is not the one that is meant, from its own setting, its version and its landmark."""
    if major < OLDEST_MAJOR:
        return f"{target} runs Postgres {major}; {OLDEST_MAJOR} or newer is needed: upgrade the project first"
    if reference and reference != target.project_ref:
        return (
            f"the connection of {target} leads to the project {reference}; "
            "correct voip:databaseUrl or voip:projectRef of this stack"
        )
    if target.kind == "sandbox" and not reference:
        return f"the connection of {target} leads outside the sandbox; correct voip:databaseUrl"
    if not reference and not named_project(target.database_url):
        return (
            f"nothing tells whether the connection of {target} leads to that project; "
            "take the direct or the session pooler's string for voip:databaseUrl, as Supabase shows it"
        )
    if not landmark:
        return (
            f"the database of {target} has no table {target.landmark}, so it is neither environment; "
            "correct voip:databaseUrl"
        )
    return None


def _exclude_other_updates(connection: psycopg.Connection[tuple[Any, ...]]) -> None:
    row = connection.execute("SELECT pg_try_advisory_lock(%s)", (ADVISORY_LOCK,)).fetchone()
    if row and row[0]:
        return
    holder = connection.execute(
        "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objid = %s AND granted "
        "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
        (ADVISORY_LOCK,),
    ).fetchone()
    connection.close()
    pid = holder[0] if holder else "unknown"
    raise ProviderError(
        f"another update of this database is running (server process {pid}); wait until it ends"
    )


def _connection_message(target: Target, error: psycopg.Error) -> str:
    # Of several addresses the last is told; what follows it, indented, is libpq's own advice.
    last = [line for line in str(error).splitlines() if not line.startswith("\t")][-1]
    what = last.rpartition("connection failed: ")[2]
    step = "check voip:databaseUrl" if target.configured else "start it with `make sandbox`"
    return f"the database of {target} can't be reached: {what}; {step}"


def _lock_message() -> str:
    return (
        f"a lock was not free within {LOCK_TIMEOUT}, {LOCK_ATTEMPTS} times in a row, so nothing was changed; "
        "find the long transaction in pg_stat_activity, then run the same command again"
    )


@contextmanager
def _readable(connection: psycopg.Connection[Any]) -> Iterator[None]:
    try:
        yield
    except psycopg.Error as error:
        if not connection.closed:
            connection.rollback()  # an aborted transaction would refuse whatever is asked next
        raise ProviderError(_reading_message(error)) from None


def _reading_message(error: psycopg.Error) -> str:
    detail = str(error).splitlines()[0]
    if isinstance(error, psycopg.errors.InsufficientPrivilege):
        return f"the role can't read all that is declared: {detail}; use one with BYPASSRLS"
    if isinstance(error, psycopg.errors.LockNotAvailable):
        return (
            "a table that must be read is locked by another session for more than 5 s; "
            "find it in pg_stat_activity, then run the same command again"
        )
    return f"reading failed: {detail}"


def _in_one_round_trip(group: Sequence[Statement]) -> sql.Composed:
    """A transaction as one message: no lock is held while the next statement is on its way."""
    blocking = any(lock > Lock.SHARE_UPDATE_EXCLUSIVE for lock in strongest(group).values())
    patient = strongest(group) and not blocking
    brief = all(statement.work is Work.CATALOG for statement in group)
    return sql.SQL("\n;\n").join(
        [
            sql.SQL("BEGIN"),
            sql.SQL("SET LOCAL lock_timeout = {}").format(PATIENCE if patient else LOCK_TIMEOUT),
            sql.SQL("SET LOCAL statement_timeout = {}").format(BRIEF if blocking and brief else LONG),
            *(statement.text for statement in group),
            sql.SQL("COMMIT"),
        ]
    )


def _last_count(cursor: psycopg.Cursor[tuple[Any, ...]]) -> int:
    """The row count of the last statement before the COMMIT."""
    counts = [cursor.rowcount]
    while cursor.nextset():
        counts.append(cursor.rowcount)
    return counts[-2]


@contextmanager
def _changing(connection: psycopg.Connection[Any], *, begun: bool) -> Iterator[None]:
    try:
        yield
    except psycopg.Error as error:
        if not connection.closed:
            connection.rollback()
        left = "the steps before it are kept, and the next update goes on from there"
        raise ProviderError(
            f"Postgres refused: {_refusal(error)}; {left if begun else 'nothing was changed'}"
        ) from None


_NOT_THERE = (
    psycopg.errors.InsufficientPrivilege,
    psycopg.errors.UndefinedColumn,
    psycopg.errors.UndefinedTable,
)

_WITH_DEPENDANTS = (psycopg.errors.DependentObjectsStillExist, psycopg.errors.FeatureNotSupported)


def _refusal(error: psycopg.Error) -> str:
    """The message, and which objects depend on the one that was to go; other details may quote rows."""
    message = str(error).splitlines()[0]
    detail = error.diag.message_detail if isinstance(error, _WITH_DEPENDANTS) else None
    return f"{message} ({'; '.join(detail.splitlines())})" if detail else message
