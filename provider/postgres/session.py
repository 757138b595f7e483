"""The connections to one database: one that reads a snapshot, one that changes in a queue."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, LiteralString

import psycopg
from psycopg import IsolationLevel, sql

from provider.errors import ProviderError
from provider.postgres.statement import Statement, transactions
from provider.postgres.url import named_project, url_problem
from provider.target import Target

OLDEST_MAJOR = 15
LOCK_TIMEOUT = "2s"
LOCK_ATTEMPTS = 10
ADVISORY_LOCK = 0x766F6970
"""One update at a time: the letters `voip` as a number."""

# Printing must not depend on a role's or a database's settings. An empty search path makes Postgres qualify
# every name; row_security off turns rows hidden by a policy into an error instead of an empty answer. A body
# that names tables without their schema is right at run time, and can't be checked under this path. And
# nothing may wait without end for somebody else's lock.
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
"""

_ORDINARY: LiteralString = """
SET LOCAL search_path = public, extensions;
SET LOCAL row_security = on;
SET LOCAL statement_timeout = '30s';
"""

_IDENTITY: LiteralString = """
SELECT current_setting('app.settings.project_ref', true) AS reference,
  current_setting('server_version_num')::integer / 10000 AS major,
  to_regclass(%s) IS NOT NULL AS landmark
"""


class Session:
    """What a provider process does on one database. Reads come from one snapshot until the first change."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._lock = threading.RLock()
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

    def change(self, statements: Iterable[Statement]) -> int:
        """Run statements, each transaction waiting briefly for its locks; returns the last row count."""
        count = 0
        with self._lock:
            for group in transactions(statements):
                count = self._patiently([statement.text for statement in group])
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

    def close(self) -> None:
        """Close both connections, and with the writer's the lock that keeps other updates out."""
        with self._lock:
            for connection in (self._reader, self._writer):
                if connection is not None:
                    connection.close()

    def _patiently(self, statements: Sequence[sql.Composable]) -> int:
        for attempt in range(1, LOCK_ATTEMPTS + 1):
            try:
                return self._transaction(statements)
            except psycopg.errors.LockNotAvailable:
                if attempt == LOCK_ATTEMPTS:
                    raise ProviderError(_lock_message()) from None
                time.sleep(random.uniform(0.1, 0.3) * attempt)  # noqa: S311  jitter, not cryptography
        raise AssertionError("unreachable")

    def _transaction(self, statements: Sequence[sql.Composable]) -> int:
        connection = self._writable_connection()
        count = 0
        with _changing(), connection.transaction():
            connection.execute(sql.SQL("SET LOCAL lock_timeout = {}").format(LOCK_TIMEOUT))
            for statement in statements:
                count = connection.execute(statement.as_bytes(connection)).rowcount
        return count

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
        if problem := url_problem(self._target):
            raise ProviderError(problem)
        try:
            connection = psycopg.connect(
                self._target.database_url, connect_timeout=10, application_name="voip-accelerator-infra"
            )
        except psycopg.Error as error:
            raise ProviderError(_connection_message(self._target, error)) from None
        connection.execute(_PINS)
        self._verify_identity(connection)
        return connection

    def _verify_identity(self, connection: psycopg.Connection[tuple[Any, ...]]) -> None:
        row = connection.execute(_IDENTITY, (self._target.landmark,)).fetchone()
        reference, major, landmark = row or (None, 0, False)
        if problem := identity_problem(self._target, reference, major, landmark):
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


@contextmanager
def _changing() -> Iterator[None]:
    try:
        yield
    except psycopg.errors.LockNotAvailable:
        raise
    except psycopg.Error as error:
        raise ProviderError(f"Postgres refused: {_refusal(error)}; nothing was changed") from None


_WITH_DEPENDANTS = (psycopg.errors.DependentObjectsStillExist, psycopg.errors.FeatureNotSupported)


def _refusal(error: psycopg.Error) -> str:
    """The message, and which objects depend on the one that was to go; other details may quote rows."""
    message = str(error).splitlines()[0]
    detail = error.diag.message_detail if isinstance(error, _WITH_DEPENDANTS) else None
    return f"{message} ({'; '.join(detail.splitlines())})" if detail else message
