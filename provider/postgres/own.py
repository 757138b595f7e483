"""The provider's own schema in a target: which gates were passed, and what was put aside.

Supabase's API serves other schemas only, and no role but the owner has a privilege on this one.
"""

from __future__ import annotations

from typing import NamedTuple

from psycopg import sql

from provider.postgres.compose import declared
from provider.postgres.session import Session
from provider.postgres.statement import Lock, Statement, Work
from provider.schema.postgres import Table
from provider.schema.shape import identifier

SCHEMA = "voip_infra"

PASSAGES = "rollout_passages"

_MADE = (
    Statement(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(SCHEMA))),
    Statement(sql.SQL("REVOKE ALL ON SCHEMA {} FROM PUBLIC").format(sql.Identifier(SCHEMA))),
)
_PASSAGES = sql.Identifier(SCHEMA, PASSAGES)

_LOG = sql.SQL(
    "CREATE TABLE IF NOT EXISTS {} (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, "
    "gate text NOT NULL, level integer NOT NULL, passed_at timestamptz NOT NULL DEFAULT now(), "
    "passed_by text NOT NULL DEFAULT session_user)"
).format(_PASSAGES)


_TABLES = sql.SQL(
    "SELECT relname FROM pg_class WHERE relnamespace = to_regnamespace(%(schema)s) "
    "AND relkind = 'r' AND relname <> %(passages)s ORDER BY relname"
)
_COUNT = sql.SQL("SELECT count(*) FROM {}")


class Passages(NamedTuple):
    """How often a gate was passed, and which level the last one recorded."""

    number: int
    level: int | None


def passages(session: Session) -> Passages:
    """What the gates have recorded so far."""
    if not holds(session, PASSAGES):
        return Passages(0, None)
    query = sql.SQL("SELECT count(*), (array_agg(level ORDER BY id DESC))[1] FROM {}").format(_PASSAGES)
    return Passages(*session.query(query)[0])


def record(session: Session, gate: str, level: int) -> None:
    """Remember that a gate was passed; earlier passages stay as the history."""
    insert = sql.SQL("INSERT INTO {} (gate, level) VALUES ({}, {})").format(_PASSAGES, gate, level)
    session.change([*_MADE, Statement(_LOG), Statement(insert)])


def holds(session: Session, name: str) -> bool:
    """Whether the schema holds a table of that name."""
    query = sql.SQL(
        "SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE n.nspname = %(schema)s AND c.relname = %(name)s AND c.relkind = 'r'"
    )
    return bool(session.query(query, {"schema": SCHEMA, "name": name}))


def aside(session: Session) -> dict[str, int]:
    """The tables that were put aside, and those that keep a column, with their numbers of rows."""
    names = [name for (name,) in session.query(_TABLES, {"schema": SCHEMA, "passages": PASSAGES})]
    counts = session.query_all([_COUNT.format(sql.Identifier(SCHEMA, name)) for name in names])
    return {name: int(rows[0][0]) for name, rows in zip(names, counts, strict=True)}


def put_aside(table: Table) -> list[Statement]:
    """The statements that move a table here, with all that belongs to it."""
    return [*_MADE, _moved(table.schema, table.name, SCHEMA)]


def brought_back(table: Table) -> list[Statement]:
    """The statements that move a table to where it was."""
    return [_moved(SCHEMA, table.name, table.schema)]


def _moved(schema: str, name: str, to: str) -> Statement:
    text = sql.SQL("ALTER TABLE {} SET SCHEMA {}").format(sql.Identifier(schema, name), sql.Identifier(to))
    return Statement(text, {identifier(schema, name): Lock.ACCESS_EXCLUSIVE})


def kept_name(table: Table, column: str) -> str:
    """The table here that keeps what a dropped column held."""
    return f"{table.name}.{column}"


def column_put_aside(table: Table, column: str, key: str) -> list[Statement]:
    """The statements that keep what a column holds, by the key of its rows (as SQL lists it)."""
    keep = sql.SQL("CREATE TABLE {} AS SELECT {}, {column} FROM {} WHERE {column} IS NOT NULL").format(
        sql.Identifier(SCHEMA, kept_name(table, column)),
        declared(key),
        sql.Identifier(table.schema, table.name),
        column=sql.Identifier(column),
    )
    return [*_MADE, Statement(keep, work=Work.SCAN)]


def column_brought_back(table: Table, column: str, key: str) -> list[Statement]:
    """The statements that put back what a column held, for the rows that are still there."""
    name = kept_name(table, column)
    kept = sql.Identifier(SCHEMA, name)
    fill = sql.SQL("UPDATE {} AS t SET {column} = k.{column} FROM {} AS k WHERE ({}) = ({})").format(
        sql.Identifier(table.schema, table.name),
        kept,
        _of("t", key),
        _of("k", key),
        column=sql.Identifier(column),
    )
    drop = sql.SQL("DROP TABLE {}").format(kept)
    return [
        Statement(fill, work=Work.SCAN),
        Statement(drop, {identifier(SCHEMA, name): Lock.ACCESS_EXCLUSIVE}),
    ]


def _of(alias: str, key: str) -> sql.Composable:
    return declared(", ".join(f"{alias}.{column.strip()}" for column in key.split(",")))
