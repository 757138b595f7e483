"""Small pieces of SQL that several kinds need."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from psycopg import sql

from provider.schema.postgres import Index, NotNull, OnTable
from provider.schema.shape import identifier, names

InTable = OnTable | Index | NotNull
"""A shape that tells the table it belongs to."""


def declared(text: str) -> sql.SQL:
    """A declared expression, type or body: SQL by its nature, from the committed program and nowhere else."""
    return sql.SQL(text)


def relation(shape: InTable) -> sql.Identifier:
    """The table that an object belongs to."""
    return sql.Identifier(shape.schema, shape.table)


def relation_id(shape: InTable) -> str:
    """The same, by its identifier."""
    return identifier(shape.schema, shape.table)


def named(identifier: str) -> sql.Composable:
    """What an identifier names; the argument types of a function follow as they stand."""
    parts, rest = names(identifier)
    return sql.SQL("{}{}").format(sql.Identifier(*parts), declared(rest))


def role(name: str) -> sql.Composable:
    """A role, or PUBLIC, which is a keyword."""
    return sql.SQL("PUBLIC") if name == "PUBLIC" else sql.Identifier(name)


def listed(items: Iterable[sql.Composable]) -> sql.Composed:
    """Items with commas between them."""
    return sql.SQL(", ").join(items)


def spaced(parts: Sequence[sql.Composable]) -> sql.Composed:
    """Parts with blanks between them."""
    return sql.SQL(" ").join(parts)


LONGEST_NAME = 63
"""In bytes; Postgres cuts longer ones without an error."""


def ending(name: str, suffix: str) -> str:
    """A name with a suffix that is never cut off."""
    return name.encode()[: LONGEST_NAME - len(suffix)].decode(errors="ignore") + suffix


def comment_on(what: str, name: sql.Composable, comment: str | None) -> sql.Composed:
    """COMMENT ON an object; None takes the comment away."""
    return sql.SQL("COMMENT ON {} {} IS {}").format(declared(what), name, sql.Literal(comment))
