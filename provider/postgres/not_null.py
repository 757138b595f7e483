"""A column's NOT NULL, as an object of its own."""

from __future__ import annotations

from psycopg import sql

from provider.postgres.catalog import Catalog
from provider.postgres.compose import ending, relation, relation_id
from provider.postgres.kind import CatalogKind
from provider.postgres.statement import Lock, Statement, Transaction, Work
from provider.schema.postgres import Constraint, NotNull


class NotNullKind(CatalogKind[NotNull]):
    """SET and DROP NOT NULL."""

    shape = NotNull

    def creation(self, wanted: NotNull) -> list[Statement]:
        return refusing_null(self._catalog, wanted)

    def alteration(self, live: NotNull, wanted: NotNull) -> list[Statement]:
        return []

    def removal(self, live: NotNull) -> list[Statement]:
        return [_alter_column(live, sql.SQL("DROP NOT NULL"))]

    def obstacle(self, live: NotNull | None, wanted: NotNull) -> str | None:
        return null_rows(self._catalog, wanted)


def refusing_null(catalog: Catalog, column: NotNull) -> list[Statement]:
    """SET NOT NULL; where there are users, behind a check that Postgres takes as proof in place of a look."""
    if not catalog.occupied(relation_id(column)):
        return [_alter_column(column, sql.SQL("SET NOT NULL"), Work.SCAN)]
    check = _check(column)
    begun = catalog.find(Constraint, check.id, check)
    name = sql.Identifier(check.name)
    adding = sql.SQL("ADD CONSTRAINT {} CHECK ({} IS NOT NULL) NOT VALID").format(
        name, sql.Identifier(column.column)
    )
    return [
        *([] if begun else [_alter(column, adding)]),
        Statement(
            sql.SQL("ALTER TABLE {} VALIDATE CONSTRAINT {}").format(relation(column), name),
            {relation_id(column): Lock.SHARE_UPDATE_EXCLUSIVE},
            Work.SCAN,
            transaction=Transaction.OWN,
        ),
        _alter_column(column, sql.SQL("SET NOT NULL")),
        _alter(column, sql.SQL("DROP CONSTRAINT {}").format(name)),
    ]


def null_rows(catalog: Catalog, column: NotNull) -> str | None:
    """How many rows hold null where there are users, and what to do about them."""
    if not catalog.occupied(relation_id(column)):
        return None
    condition = sql.SQL("{} IS NULL").format(sql.Identifier(column.column))
    if not (count := catalog.count(relation(column), condition)):
        return None
    return (
        f"rows of {relation_id(column)} hold no {column.column} ({count} of them), which is to be NOT NULL; "
        "fill them first, by hand or with a backfill"
    )


def _check(column: NotNull) -> Constraint:
    name = ending(column.column, " is being filled")
    return Constraint(schema=column.schema, table=column.table, name=name, definition="")


def _alter(column: NotNull, action: sql.Composable, work: Work = Work.CATALOG) -> Statement:
    text = sql.SQL("ALTER TABLE {} {}").format(relation(column), action)
    return Statement(text, {relation_id(column): Lock.ACCESS_EXCLUSIVE}, work)


def _alter_column(column: NotNull, action: sql.SQL, work: Work = Work.CATALOG) -> Statement:
    altering = sql.SQL("ALTER COLUMN {} {}").format(sql.Identifier(column.column), action)
    return _alter(column, altering, work)
