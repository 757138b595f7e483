"""The rows of a copy: how many there are, and which of the users' values are other than before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
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

Row = tuple[str, Mapping[str, Any]]
"""An identifier, and the values by column."""


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


def write_users(url: str, folder: Path) -> dict[str, Path]:
    """Every value of every user, in a file for each table: ever so many users take no memory."""
    files = {table: folder / f"{table}.jsonl" for table in USERS}
    for table, file in files.items():
        with file.open("wb") as out:
            out.writelines(msgspec.json.encode(row) + b"\n" for row in live_users(url, table))
    return files


def written_users(file: Path) -> Iterator[Row]:
    """What was written, in the order of the identifiers."""
    with file.open("rb") as lines:
        yield from (msgspec.json.decode(line, type=Row) for line in lines)


def live_users(url: str, table: str) -> Iterator[Row]:
    """The same as it is now."""
    query = sql.SQL(
        'COPY (SELECT id::text, to_jsonb(t)::text FROM {} t ORDER BY id::text COLLATE "C") TO STDOUT'
    )
    named = query.format(sql.Identifier(*table.split(".")))
    with psycopg.connect(url) as connection, connection.cursor().copy(named) as copy:
        yield from ((identifier, msgspec.json.decode(row)) for identifier, row in copy.rows())


def changes(table: str, before: Iterable[Row], after: Iterable[Row], settings: Settings) -> Iterator[Change]:
    """What differs of the rows and columns that were there before; a row that is gone differs in each.

    Both are in the order of their identifiers.
    """
    filled = set(_filled(settings))
    counted = Counter(
        column
        for row, now in _pairs(before, after)
        for column, value in row.items()
        if column not in now or now[column] != value
    )
    for column, number in sorted(counted.items()):
        yield Change(table, column, number, (table, column) in filled)


def _pairs(
    before: Iterable[Row], after: Iterable[Row]
) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """Each row from before, with what has become of it."""
    rest = iter(after)
    now = next(rest, None)
    for identifier, row in before:
        while now and now[0] < identifier:
            now = next(rest, None)
        yield row, now[1] if now and now[0] == identifier else {}


def _filled(settings: Settings) -> Iterator[tuple[str, str]]:
    for _, declaration in declarations(settings):
        for shape in declaration.versions.values():
            if isinstance(shape, Backfill):
                yield f"{shape.schema}.{shape.table}", shape.column


def _number(connection: psycopg.Connection[Any], query: sql.Composed) -> int:
    row = connection.execute(query).fetchone()
    return int(row[0]) if row else 0
