"""Rows to try with: one of each user's in tables that have users, else one that is there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from uuid import uuid4

import psycopg
from psycopg import sql

from provider.access.people import Person
from provider.access.relations import Column, Connection, Relation
from provider.access.values import another, literal
from provider.postgres.compose import listed

NOBODY = ""
"""Whose a row is in a table without users."""

_AGED = "D"
"""The category of times. A made row fills them although it need not: it must be what a clean-up looks for."""


@dataclass(frozen=True)
class Row:
    """One live row, its values as text."""

    relation: Relation
    place: str
    """Its ctid, for relations without a key."""
    values: Mapping[str, str | None]

    def where(self, **changed: str | None) -> sql.Composable:
        """The condition that no other row meets; `changed` has what its key holds by now."""
        if not self.relation.key:
            return sql.SQL("ctid = {}::tid").format(sql.Literal(self.place))
        values = {**self.values, **changed}
        return sql.SQL(" AND ").join(
            sql.SQL("{} = {}").format(sql.Identifier(column.name), literal(column, values[column.name]))
            for column in self.relation.columns
            if column.name in self.relation.key
        )


Rows = Mapping[str, Row]
"""By the user's id, or NOBODY."""


def provide(connection: Connection, relation: Relation, people: Sequence[Person]) -> None:
    """Give each user a row, where signing up has not; a row that can't be made is done without."""
    users = [person.user for person in people if person.user] if relation.writable and relation.users else []
    for user in users:
        if _row(connection, relation, user) is None:
            with suppress(psycopg.Error), connection.transaction():
                connection.execute(_made(relation, user))


def sampled(connection: Connection, relation: Relation, people: Sequence[Person]) -> Rows:
    """The rows of a relation to try with."""
    if not relation.writable:
        return {}
    users = [person.user for person in people if person.user] if relation.users else [NOBODY]
    return {user: row for user in users if (row := _row(connection, relation, user))}


def _row(connection: Connection, relation: Relation, user: str) -> Row | None:
    values = listed(sql.SQL("{}::text").format(sql.Identifier(column.name)) for column in relation.columns)
    condition = sql.SQL(" AND ").join(
        sql.SQL("{} = {}").format(sql.Identifier(column.name), literal(column, user))
        for column in relation.users
    )
    order = listed([sql.Identifier(name) for name in relation.key] or [sql.SQL("ctid")])
    found = connection.execute(
        sql.SQL("SELECT ctid::text, {} FROM {} WHERE {} ORDER BY {} LIMIT 1").format(
            values, relation.sql, condition if relation.users else sql.SQL("true"), order
        )
    ).fetchone()
    if found is None:
        return None
    names = [column.name for column in relation.columns]
    return Row(relation, found[0], dict(zip(names, found[1:], strict=True)))


def _made(relation: Relation, user: str) -> sql.Composed:
    columns = [
        column
        for column in relation.columns
        if column.required or column.user or (column.settable and column.category == _AGED)
    ]
    values = [user if column.user else _unique(column) for column in columns]
    return sql.SQL("INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE VALUES ({})").format(
        relation.sql,
        listed(sql.Identifier(column.name) for column in columns),
        listed(map(literal, columns, values)),
    )


def _unique(column: Column) -> str | None:
    return str(uuid4()) if column.category == "S" or column.type == "uuid" else another(column)
