"""What there is to try: relations and functions, as the catalogs list them."""

from __future__ import annotations

from typing import Any

import msgspec
import psycopg
from psycopg import sql

from provider.postgres.catalog import query
from provider.schema.shape import identifier

Connection = psycopg.Connection[tuple[Any, ...]]


class Typed(msgspec.Struct, frozen=True, kw_only=True):
    """Something that takes a value."""

    name: str
    type: str
    category: str
    """`pg_type.typcategory`"""


class Column(Typed, frozen=True, kw_only=True):
    """A column of a relation."""

    required: bool
    """Whether a new row must give it a value."""
    settable: bool
    user: bool
    """Whether it holds the id of a user, whose row it is then."""


class Relation(msgspec.Struct, frozen=True, kw_only=True):
    """A table, or something that is read like one."""

    schema: str
    name: str
    writable: bool
    """Whether it holds rows of its own."""
    columns: list[Column]
    key: list[str]

    @property
    def id(self) -> str:
        return identifier(self.schema, self.name)

    @property
    def sql(self) -> sql.Identifier:
        return sql.Identifier(self.schema, self.name)

    @property
    def users(self) -> list[Column]:
        """The columns that tell whose a row is; none where rows are nobody's."""
        return [column for column in self.columns if column.user]


class Argument(Typed, frozen=True, kw_only=True):
    """A function's argument that a caller gives."""

    variadic: bool


class Routine(msgspec.Struct, frozen=True, kw_only=True):
    """A function or procedure."""

    schema: str
    name: str
    procedure: bool
    arguments: list[Argument]

    @property
    def sql(self) -> sql.Identifier:
        return sql.Identifier(self.schema, self.name)

    @property
    def id(self) -> str:
        types = ", ".join(argument.type for argument in self.arguments)
        return f"{identifier(self.schema, self.name)}({types})"


def relations(connection: Connection, schema: str) -> list[Relation]:
    """The relations of a schema, those first that others refer to."""
    rows = connection.execute(query("access_relations"), {"schema": schema})
    return [msgspec.json.decode(row, type=Relation) for (row,) in rows]


def routines(connection: Connection, schema: str) -> list[Routine]:
    """The functions and procedures of a schema."""
    rows = connection.execute(query("access_functions"), {"schema": schema})
    return [msgspec.json.decode(row, type=Routine) for (row,) in rows]
