"""A column's NOT NULL, as an object of its own."""

from __future__ import annotations

from psycopg import sql

from provider.postgres.compose import relation, relation_id
from provider.postgres.kind import CatalogKind
from provider.postgres.statement import Lock, Statement, Work
from provider.schema.postgres import NotNull


class NotNullKind(CatalogKind[NotNull]):
    """SET and DROP NOT NULL."""

    shape = NotNull

    def creation(self, wanted: NotNull) -> list[Statement]:
        return [_alter(wanted, sql.SQL("SET NOT NULL"), Work.SCAN)]

    def alteration(self, live: NotNull, wanted: NotNull) -> list[Statement]:
        return []

    def removal(self, live: NotNull) -> list[Statement]:
        return [_alter(live, sql.SQL("DROP NOT NULL"))]


def _alter(column: NotNull, action: sql.SQL, work: Work = Work.CATALOG) -> Statement:
    text = sql.SQL("ALTER TABLE {} ALTER COLUMN {} {}").format(
        relation(column), sql.Identifier(column.column), action
    )
    return Statement(text, {relation_id(column): Lock.ACCESS_EXCLUSIVE}, work)
