"""Primary keys, unique, check, foreign key and exclusion constraints."""

from __future__ import annotations

from psycopg import sql

from provider.postgres.compose import comment_on, declared, relation
from provider.postgres.kind import CatalogKind
from provider.schema.postgres import Constraint


class ConstraintKind(CatalogKind[Constraint]):
    """ADD, VALIDATE and DROP CONSTRAINT."""

    shape = Constraint
    expressions = ("definition",)

    def creation(self, wanted: Constraint) -> list[sql.Composable]:
        validity = sql.SQL("" if wanted.validated else " NOT VALID")
        action = sql.SQL("ADD CONSTRAINT {} {}{}").format(
            sql.Identifier(wanted.name), declared(wanted.definition), validity
        )
        comment = [_comment(wanted)] if wanted.comment else []
        return [_alter(wanted, action), *comment]

    def alteration(self, live: Constraint, wanted: Constraint) -> list[sql.Composable]:
        if live.definition != wanted.definition or live.validated > wanted.validated:
            return [*self.removal(live), *self.creation(wanted)]
        statements: list[sql.Composable] = []
        if live.validated < wanted.validated:
            validate = sql.SQL("VALIDATE CONSTRAINT {}").format(sql.Identifier(wanted.name))
            statements.append(_alter(wanted, validate))
        if live.comment != wanted.comment:
            statements.append(_comment(wanted))
        return statements

    def removal(self, live: Constraint) -> list[sql.Composable]:
        return [_alter(live, sql.SQL("DROP CONSTRAINT {}").format(sql.Identifier(live.name)))]


def _alter(constraint: Constraint, action: sql.Composable) -> sql.Composed:
    return sql.SQL("ALTER TABLE {} {}").format(relation(constraint), action)


def _comment(wanted: Constraint) -> sql.Composed:
    name = sql.SQL("{} ON {}").format(sql.Identifier(wanted.name), relation(wanted))
    return comment_on("CONSTRAINT", name, wanted.comment)
