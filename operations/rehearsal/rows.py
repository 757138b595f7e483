"""The rows of a copy: how many there are, and which of the users' values are other than before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
import psycopg
from psycopg import sql

from components.rollout import declarations
from provider.schema.postgres import Backfill
from settings import Settings

USERS = ("auth.users", "public.profiles")
_TABLES = """
SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND (n.nspname = 'public' OR (n.nspname, c.relname) = ('auth', 'users'))
ORDER BY 1, 2
"""

Rows = Mapping[str, Mapping[str, Any]]
"""By identifier."""


class Change(msgspec.Struct, frozen=True):
    """A column in which rows of users are other than before the rehearsal."""

    table: str
    column: str
    rows: int
    declared: bool
    """Whether a declared backfill fills it."""


def counts(url: str) -> dict[str, int]:
    """The number of rows of each table."""
    with psycopg.connect(url) as connection:
        names = connection.execute(_TABLES).fetchall()
        query = sql.SQL("SELECT count(*) FROM {}")
        return {
            f"{schema}.{name}": _number(connection, query.format(sql.Identifier(schema, name)))
            for schema, name in names
        }


def users(url: str) -> dict[str, Rows]:
    """Every value of every user, by table."""
    with psycopg.connect(url) as connection:
        query = sql.SQL("SELECT id::text, to_jsonb(t) FROM {} t")
        return {
            table: dict(connection.execute(query.format(sql.Identifier(*table.split(".")))).fetchall())
            for table in USERS
        }


def changes(before: Mapping[str, Rows], after: Mapping[str, Rows], settings: Settings) -> Iterator[Change]:
    """What differs of the rows and columns that were there before; a row that is gone differs in each."""
    filled = set(_filled(settings))
    for table, rows in before.items():
        counted = Counter(
            column
            for identifier, row in rows.items()
            for column, value in row.items()
            if column not in (now := after[table].get(identifier, {})) or now[column] != value
        )
        for column, number in sorted(counted.items()):
            yield Change(table, column, number, (table, column) in filled)


def _filled(settings: Settings) -> Iterator[tuple[str, str]]:
    for _, declaration in declarations(settings):
        for shape in declaration.versions.values():
            if isinstance(shape, Backfill):
                yield f"{shape.schema}.{shape.table}", shape.column


def _number(connection: psycopg.Connection[Any], query: sql.Composed) -> int:
    row = connection.execute(query).fetchone()
    return int(row[0]) if row else 0
