"""A column's NOT NULL, as an object of its own."""

from __future__ import annotations

from psycopg import sql

from provider.postgres.kind import CatalogKind
from provider.schema.postgres import NotNull


class NotNullKind(CatalogKind[NotNull]):
    """SET and DROP NOT NULL."""

    shape = NotNull

    def creation(self, wanted: NotNull) -> list[sql.Composable]:
        return [_alter(wanted, sql.SQL("SET NOT NULL"))]

    def alteration(self, live: NotNull, wanted: NotNull) -> list[sql.Composable]:
        return []

    def removal(self, live: NotNull) -> list[sql.Composable]:
        return [_alter(live, sql.SQL("DROP NOT NULL"))]


def _alter(column: NotNull, action: sql.SQL) -> sql.Composed:
    return sql.SQL("ALTER TABLE {} ALTER COLUMN {} {}").format(
        sql.Identifier(column.schema, column.table), sql.Identifier(column.column), action
    )
