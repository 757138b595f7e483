"""Primary keys, unique, check, foreign key and exclusion constraints."""

from __future__ import annotations

import re

from psycopg import sql

from provider.errors import PropertyError
from provider.postgres.compose import comment_on, declared, relation, relation_id
from provider.postgres.index import built_beside, successor
from provider.postgres.kind import CatalogKind
from provider.postgres.references import referenced
from provider.postgres.statement import Lock, Locks, Statement, Transaction, Work
from provider.schema.postgres import Constraint, Index, Table

_CONDITION = re.compile(r"CHECK\s*\((?P<condition>.*)\)(?:\s*NO\s+INHERIT)?\s*", re.IGNORECASE | re.DOTALL)

_INDEXED = re.compile(
    r"(?P<type>PRIMARY\s+KEY|UNIQUE)(?P<nulls>(?:\s+NULLS\s+(?:NOT\s+)?DISTINCT)?)\s*"
    r"(?P<columns>\([^)]*\))(?P<included>(?:\s*INCLUDE\s*\([^)]*\))?)"
    r"(?P<storage>(?:\s*WITH\s*\([^)]*\))?)(?P<deferral>(?:\s+(?:NOT\s+DEFERRABLE|DEFERRABLE|INITIALLY).*)?)",
    re.IGNORECASE,
)

_COLUMN = re.compile(r'"((?:[^"]|"")*)"|([\w$]+)')

_NOT_VALID = re.compile(r"\bNOT\s+VALID\s*\Z", re.IGNORECASE)


class ConstraintKind(CatalogKind[Constraint]):
    """ADD, VALIDATE and DROP CONSTRAINT, in steps where there are users."""

    shape = Constraint
    expressions = ("definition",)
    unfinished = frozenset({"validated"})

    def normalized(self, wanted: Constraint) -> Constraint:
        if _NOT_VALID.search(wanted.definition):
            raise PropertyError(
                "definition", "the definition ends with NOT VALID; declare `validated: false` in its place"
            )
        return wanted

    def creation(self, wanted: Constraint) -> list[Statement]:
        return [*self._added(wanted), *([_comment(wanted)] if wanted.comment else [])]

    def alteration(self, live: Constraint, wanted: Constraint) -> list[Statement]:
        if live.definition != wanted.definition or live.validated > wanted.validated:
            return self.remade(live, wanted)
        statements = []
        if live.validated < wanted.validated:
            statements.append(_validation(wanted))
        if live.comment != wanted.comment:
            statements.append(_comment(wanted))
        return statements

    def removal(self, live: Constraint) -> list[Statement]:
        text = _alter(live, sql.SQL("DROP CONSTRAINT {}").format(sql.Identifier(live.name)))
        return [Statement(text, _on_both(live, Lock.ACCESS_EXCLUSIVE))]

    def obstacle(self, live: Constraint | None, wanted: Constraint) -> str | None:
        condition = _CONDITION.fullmatch(wanted.definition)
        checked = live is not None and live.validated and live.definition == wanted.definition
        if not condition or not wanted.validated or checked or not self._has_users(wanted):
            return None
        broken = sql.SQL("NOT ({})").format(declared(condition["condition"]))
        if not (count := self._catalog.count(relation(wanted), broken)):
            return None
        found = sql.SQL("SELECT * FROM {} WHERE {}").format(relation(wanted), broken).as_string()
        return f"rows break {wanted.id} ({count} of them); look at them with `{found}` and correct them"

    def _added(self, wanted: Constraint) -> list[Statement]:
        definition = declared(wanted.definition)
        later = wanted.validated and self._has_users(wanted)
        if later and (referenced(wanted.definition) or _CONDITION.fullmatch(wanted.definition)):
            return [_addition(wanted, definition, Work.CATALOG, not_valid=True), _validation(wanted)]
        if later and (match := _INDEXED.fullmatch(wanted.definition)):
            return self._added_by_index(wanted, match)
        work = Work.SCAN if wanted.validated else Work.CATALOG
        return [_addition(wanted, definition, work, not_valid=not wanted.validated)]

    def _added_by_index(self, wanted: Constraint, match: re.Match[str]) -> list[Statement]:
        index = Index(
            schema=wanted.schema,
            table=wanted.table,
            name=wanted.name,
            definition=f"btree {match['columns']}{match['included']}{match['nulls']}{match['storage']}",
            unique=True,
        )
        using = sql.SQL("{} USING INDEX {}{}").format(
            declared(match["type"]), sql.Identifier(successor(index).name), declared(match["deferral"])
        )
        # A primary key makes its columns NOT NULL, and looks at each row unless they are already.
        looks = match["type"].upper().startswith("PRIMARY") and self._may_hold_null(wanted, match["columns"])
        return [
            *built_beside(self._catalog, index),
            _addition(wanted, using, Work.SCAN if looks else Work.CATALOG),
        ]

    def _may_hold_null(self, wanted: Constraint, columns: str) -> bool:
        table = self._catalog.find(Table, relation_id(wanted), wanted)
        key = [quoted.replace('""', '"') or plain.lower() for quoted, plain in _COLUMN.findall(columns)]
        return table is not None and any(
            column.null == "allowed" for name, column in table.columns.items() if name in key
        )

    def _has_users(self, wanted: Constraint) -> bool:
        other = referenced(wanted.definition)
        return any(map(self._catalog.occupied, (relation_id(wanted), *([other] if other else []))))


def _addition(
    wanted: Constraint, definition: sql.Composable, work: Work, *, not_valid: bool = False
) -> Statement:
    action = sql.SQL("ADD CONSTRAINT {} {}{}").format(
        sql.Identifier(wanted.name), definition, sql.SQL(" NOT VALID" if not_valid else "")
    )
    foreign = referenced(wanted.definition) is not None
    lock = Lock.SHARE_ROW_EXCLUSIVE if foreign else Lock.ACCESS_EXCLUSIVE
    return Statement(_alter(wanted, action), _on_both(wanted, lock), work)


def _validation(wanted: Constraint) -> Statement:
    action = sql.SQL("VALIDATE CONSTRAINT {}").format(sql.Identifier(wanted.name))
    locks = {relation_id(wanted): Lock.SHARE_UPDATE_EXCLUSIVE}
    return Statement(_alter(wanted, action), locks, Work.SCAN, transaction=Transaction.OWN)


def _alter(constraint: Constraint, action: sql.Composable) -> sql.Composed:
    return sql.SQL("ALTER TABLE {} {}").format(relation(constraint), action)


def _on_both(constraint: Constraint, lock: Lock) -> Locks:
    """A foreign key's locks are on the table that it refers to as well."""
    other = referenced(constraint.definition)
    return dict.fromkeys((relation_id(constraint), *([other] if other else [])), lock)


def _comment(wanted: Constraint) -> Statement:
    name = sql.SQL("{} ON {}").format(sql.Identifier(wanted.name), relation(wanted))
    return Statement(comment_on("CONSTRAINT", name, wanted.comment))
