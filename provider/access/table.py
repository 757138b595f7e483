"""The table of who may do what: a cell for each thing that a caller might try, and what came of it.

Everything happens in one transaction that is rolled back, under users that were made in it. What it leaves
behind all the same: numbers that sequences have given out, and transaction ids, one for each write tried.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import LiteralString, NamedTuple
from uuid import uuid4

import psycopg
from psycopg import sql

from provider.access.people import BYSTANDER, become, signed_up
from provider.access.relations import Connection, relations, routines
from provider.access.samples import provide, sampled
from provider.access.trials import Trial, on_relation, on_routine
from provider.errors import ProviderError
from provider.postgres.catalog import query
from provider.schema.access import Caller, Cell, Table
from provider.schema.shape import identifier

_SETTINGS = """
SET LOCAL search_path = public, extensions;
SET LOCAL row_security = on;
SET LOCAL lock_timeout = '500ms';
SET LOCAL statement_timeout = '60s';
"""

_REACHING = ("dblink", "http", "postgres_fdw", "wrappers")
"""Extensions by which a trigger or a function acts outside of the transaction, where nothing is undone."""

_LOCK_NOT_AVAILABLE = "55P03"

_NEW: dict[str, LiteralString] = {
    "table": "CREATE TABLE {} ()",
    "sequence": "CREATE SEQUENCE {}",
    "function": "CREATE FUNCTION {}() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
}


class Change(NamedTuple):
    """A cell that two tables do not have in common."""

    cell: Cell
    before: str | None
    after: str | None


def access_table(connection: Connection, callers: Sequence[Caller], schema: str = "public") -> Table:
    """What each caller may do with the relations and functions of a schema, tried for real and undone.

    Needs the role that owns them, which may act as the callers' roles. Inserts users of its own, and locks,
    as long as it takes (about a second), one row of each table in which rows are nobody's.
    """
    with connection.transaction(force_rollback=True):
        connection.execute(_SETTINGS)
        _refuse_reaching(connection)
        trials = list(_trials(connection, callers, schema))
        roles = sorted({caller.role for caller in callers})
        return {
            **dict(_granted(connection, roles, schema)),
            **dict(_to_come(connection, roles, schema)),
            **dict(zip((trial.cell for trial in trials), _outcomes(connection, trials), strict=True)),
        }


def differences(before: Table, after: Table) -> list[Change]:
    """The cells that differ, in order."""
    cells = sorted(before.keys() | after.keys())
    return [
        Change(cell, before.get(cell), after.get(cell))
        for cell in cells
        if before.get(cell) != after.get(cell)
    ]


def _refuse_reaching(connection: Connection) -> None:
    found = connection.execute(
        "SELECT extname FROM pg_extension WHERE extname = ANY (%s) ORDER BY extname", (list(_REACHING),)
    ).fetchall()
    if found:
        names = ", ".join(name for (name,) in found)
        raise ProviderError(
            f"access is not tried where the extension {names} is installed: by it a trigger or a function "
            "may act outside of the transaction, where nothing is undone; try a copy without it"
        )


def _trials(connection: Connection, callers: Sequence[Caller], schema: str) -> Iterator[Trial]:
    everybody = signed_up(connection, [*callers, BYSTANDER])
    known = relations(connection, schema)
    for relation in known:
        provide(connection, relation, everybody)
    become(connection, everybody)
    samples = [(relation, sampled(connection, relation, everybody)) for relation in known]
    *people, bystander = everybody
    assert bystander.user
    for person in people:
        for relation, rows in samples:
            yield from on_relation(relation, person, rows, bystander.user)
        for routine in routines(connection, schema):
            yield from on_routine(routine, person, samples, bystander.user)


def _outcomes(connection: Connection, trials: Sequence[Trial]) -> list[str]:
    wire = json.dumps([trial.wire(connection) for trial in trials])
    connection.execute("SELECT set_config('access.trials', %s, true)", (wire,))
    try:
        connection.execute(query("access_trials"))
    except psycopg.Error as error:
        raise ProviderError(f"access could not be tried: {str(error).splitlines()[0]}") from None
    row = connection.execute("SELECT current_setting('access.outcomes')").fetchone()
    assert row
    outcomes: list[str] = json.loads(row[0])
    for trial, outcome in zip(trials, outcomes, strict=True):
        if outcome.endswith(_LOCK_NOT_AVAILABLE):
            raise ProviderError(
                f"{trial.cell} could not be tried, as another session locks what it is about; "
                "run the same command again"
            )
    return outcomes


def _granted(connection: Connection, roles: Sequence[str], schema: str) -> Iterator[tuple[Cell, str]]:
    """What grants alone decide."""
    given = {"roles": roles, "schema": schema, "table_privileges": _table_privileges(connection)}
    for role, kind, place, name, privilege, granted in connection.execute(query("access_privileges"), given):
        names = (place, name) if place else (name,)
        yield _told(role, f"{kind} {identifier(*names)}", privilege, granted)


def _to_come(connection: Connection, roles: Sequence[str], schema: str) -> Iterator[tuple[Cell, str]]:
    """What default privileges leave open on objects that nobody has made yet: some are made to see it."""
    names = {kind: f"access_{kind}_{uuid4().hex[:12]}" for kind in ("table", "sequence", "function")}
    for kind, definition in _NEW.items():
        made = sql.SQL(definition).format(sql.Identifier(schema, names[kind]))
        connection.execute(made)
    found = {kind: identifier(schema, name) for kind, name in names.items()}
    found["function"] += "()"
    given = {"roles": roles, "table_privileges": _table_privileges(connection), **found}
    for row in connection.execute(query("access_new"), given):
        yield _told(*row)


def _table_privileges(connection: Connection) -> list[str]:
    newer = ["MAINTAIN"] if connection.info.server_version >= 170000 else []
    return ["SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER", *newer]


def _told(role: str, name: str, privilege: str, granted: bool) -> tuple[Cell, str]:
    return Cell(role, name, privilege), "allowed" if granted else "denied"
