"""Checks in SQL: statements as any role, in a transaction that is always rolled back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
from psycopg import sql

from provider.postgres.compose import declared
from provider.postgres.session import Session
from provider.schema.rollout import Check, Step, Value

Connection = psycopg.Connection[tuple[Any, ...]]

_SHOWN_ROWS = 5


def run(session: Session, check: Check) -> str | None:
    """Try every step of a check; returns what was seen and what was wanted, or None where all came so."""
    with session.rolled_back() as connection:
        return next((told for step in check.steps if (told := _step(connection, step))), None)


def _step(connection: Connection, step: Step) -> str | None:
    try:
        with connection.transaction():
            _become(connection, step)
            if step.uses is not None:
                return _of_plan(connection, step, step.uses)
            cursor = connection.execute(declared(step.sql))
            rows = [_values(row) for row in cursor.fetchall()] if cursor.description else []
            told = _of_result(step, rows, cursor.rowcount)
    except psycopg.Error as error:
        told = _of_refusal(step, error)
    return told


def _become(connection: Connection, step: Step) -> None:
    role = sql.Identifier(step.role) if step.role else sql.SQL("NONE")
    connection.execute(sql.SQL("SET LOCAL ROLE {}").format(role))
    connection.execute("SELECT set_config('request.jwt.claims', %s, true)", (step.claims or "",))


def _of_plan(connection: Connection, step: Step, index: str) -> str | None:
    connection.execute("SET LOCAL enable_seqscan = off")
    plan = connection.execute(sql.SQL("EXPLAIN (FORMAT JSON) {}").format(declared(step.sql))).fetchall()[0][0]
    used = sorted(set(_indexes(plan)))
    shown = ", ".join(used) or "no index"
    return None if index in used else f"saw {shown} used, wanted {index} ({_short(step.sql)})"


def _indexes(plan: Any) -> Iterator[str]:
    for part in plan if isinstance(plan, list) else plan.values() if isinstance(plan, dict) else ():
        yield from _indexes(part)
    if isinstance(plan, dict) and "Index Name" in plan:
        yield plan["Index Name"]


def _of_result(step: Step, rows: list[list[Value]], count: int) -> str | None:
    if step.refused is not None:
        return f"it was let through, wanted SQLSTATE {step.refused} ({_short(step.sql)})"
    if step.rows is not None and rows != step.rows:
        return f"saw {_listed(rows)}, wanted {_listed(step.rows)} ({_short(step.sql)})"
    if step.changes is not None and count != step.changes:
        return f"saw {count} rows touched, wanted {step.changes} ({_short(step.sql)})"
    return None


def _of_refusal(step: Step, error: psycopg.Error) -> str | None:
    if step.refused is not None and step.refused == error.sqlstate:
        return None
    wanted = f"SQLSTATE {step.refused}" if step.refused else "no refusal"
    message = str(error).splitlines()[0]
    return f"saw {error.sqlstate} {message}, wanted {wanted} ({_short(step.sql)})"


def _values(row: tuple[Any, ...]) -> list[Value]:
    return [
        value if value is None or isinstance(value, str | int | float | bool) else str(value) for value in row
    ]


def _listed(rows: list[list[Value]]) -> str:
    shown = "; ".join(", ".join(map(str, row)) for row in rows[:_SHOWN_ROWS]) or "no row"
    return f"{shown}; and {len(rows) - _SHOWN_ROWS} more rows" if len(rows) > _SHOWN_ROWS else shown


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 80 else f"{line[:77]}..."
