"""Short ways to ask a database."""

from __future__ import annotations

import json
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import scalar_row

Rows = list[tuple[Any, ...]]


def rows(connection: psycopg.Connection, query: str) -> Rows:
    return connection.execute(query.encode()).fetchall()


def values(connection: psycopg.Connection, query: str | sql.Composed) -> list[Any]:
    with connection.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute(query if isinstance(query, sql.Composed) else query.encode()).fetchall()


def one(connection: psycopg.Connection, query: str | sql.Composed) -> Any:
    [value] = values(connection, query)
    return value


def act_as(connection: psycopg.Connection, role: str, **claims: Any) -> None:
    """Serves a request as the API does, until the transaction ends."""
    connection.execute(
        "SELECT set_config('request.jwt.claims', %s, true)", [json.dumps({"role": role, **claims})]
    )
    connection.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(role)))
