"""Primary keys, unique, check, foreign key and exclusion constraints."""

from __future__ import annotations

import re

from psycopg import sql

from provider.errors import PropertyError
from provider.postgres.compose import comment_on, declared, relation
from provider.postgres.kind import CatalogKind
from provider.schema.postgres import Constraint

_NOT_VALID = re.compile(r"\bNOT\s+VALID\s*\Z", re.IGNORECASE)


class ConstraintKind(CatalogKind[Constraint]):
    """ADD, VALIDATE and DROP CONSTRAINT."""

    shape = Constraint
    expressions = ("definition",)

    def normalized(self, wanted: Constraint) -> Constraint:
        if _NOT_VALID.search(wanted.definition):
            raise PropertyError(
                "definition", "the definition ends with NOT VALID; declare `validated: false` in its place"
            )
        return wanted

    def creation(self, wanted: Constraint) -> list[sql.Composable]:
        validity = sql.SQL("" if wanted.validated else " NOT VALID")
        action = sql.SQL("ADD CONSTRAINT {} {}{}").format(
            sql.Identifier(wanted.name), declared(wanted.definition), validity
        )
        comment = [_comment(wanted)] if wanted.comment else []
        return [_alter(wanted, action), *comment]

    def alteration(self, live: Constraint, wanted: Constraint) -> list[sql.Composable]:
        if live.definition != wanted.definition or live.validated > wanted.validated:
            return self.remade(live, wanted)
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
