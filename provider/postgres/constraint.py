"""Primary keys, unique, check, foreign key and exclusion constraints."""

from __future__ import annotations

import re

from psycopg import sql

from provider.errors import PropertyError
from provider.postgres.compose import comment_on, declared, relation, relation_id
from provider.postgres.kind import CatalogKind
from provider.postgres.references import referenced
from provider.postgres.statement import Lock, Locks, Statement, Work
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

    def creation(self, wanted: Constraint) -> list[Statement]:
        validity = sql.SQL("" if wanted.validated else " NOT VALID")
        action = sql.SQL("ADD CONSTRAINT {} {}{}").format(
            sql.Identifier(wanted.name), declared(wanted.definition), validity
        )
        work = Work.SCAN if wanted.validated else Work.CATALOG
        added = Statement(_alter(wanted, action), _while_added(wanted), work)
        return [added, *([_comment(wanted)] if wanted.comment else [])]

    def alteration(self, live: Constraint, wanted: Constraint) -> list[Statement]:
        if live.definition != wanted.definition or live.validated > wanted.validated:
            return self.remade(live, wanted)
        statements = []
        if live.validated < wanted.validated:
            validate = sql.SQL("VALIDATE CONSTRAINT {}").format(sql.Identifier(wanted.name))
            locks = {relation_id(wanted): Lock.SHARE_UPDATE_EXCLUSIVE}
            statements.append(Statement(_alter(wanted, validate), locks, Work.SCAN))
        if live.comment != wanted.comment:
            statements.append(_comment(wanted))
        return statements

    def removal(self, live: Constraint) -> list[Statement]:
        text = _alter(live, sql.SQL("DROP CONSTRAINT {}").format(sql.Identifier(live.name)))
        return [Statement(text, _on_both(live, Lock.ACCESS_EXCLUSIVE))]


def _alter(constraint: Constraint, action: sql.Composable) -> sql.Composed:
    return sql.SQL("ALTER TABLE {} {}").format(relation(constraint), action)


def _on_both(constraint: Constraint, lock: Lock) -> Locks:
    """A foreign key's locks are on the table that it refers to as well."""
    other = referenced(constraint.definition)
    return dict.fromkeys((relation_id(constraint), *([other] if other else [])), lock)


def _while_added(wanted: Constraint) -> Locks:
    foreign = referenced(wanted.definition) is not None
    return _on_both(wanted, Lock.SHARE_ROW_EXCLUSIVE if foreign else Lock.ACCESS_EXCLUSIVE)


def _comment(wanted: Constraint) -> Statement:
    name = sql.SQL("{} ON {}").format(sql.Identifier(wanted.name), relation(wanted))
    return Statement(comment_on("CONSTRAINT", name, wanted.comment))
