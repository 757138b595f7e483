"""Views."""

from __future__ import annotations

from psycopg import sql

from provider.postgres.compose import comment_on, declared
from provider.postgres.kind import CatalogKind, refuse_loss
from provider.postgres.statement import Lock, Statement
from provider.schema.postgres import View


class ViewKind(CatalogKind[View]):
    """CREATE OR REPLACE and DROP VIEW.

    OR REPLACE keeps grants and whatever reads the view, and refuses to change a column or take one away.
    """

    shape = View
    expressions = ("query",)

    def creation(self, wanted: View) -> list[Statement]:
        return [_create(wanted), *_properties(View(name=wanted.name, query=""), wanted)]

    def alteration(self, live: View, wanted: View) -> list[Statement]:
        paths = {difference.path for difference in self.diff(live, wanted)}
        if not paths - {"comment", "owner"}:
            return _properties(live, wanted)
        refuse_loss(live)
        return [_create(wanted), *_properties(live, wanted)]

    def removal(self, live: View) -> list[Statement]:
        return [_locking(live, sql.SQL("DROP VIEW {}").format(_name(live)))]


def _create(wanted: View) -> Statement:
    options = sql.SQL("WITH (security_invoker = true) " if wanted.security_invoker else "")
    text = sql.SQL("CREATE OR REPLACE VIEW {} {}AS {}").format(_name(wanted), options, declared(wanted.query))
    return _locking(wanted, text)


def _properties(live: View, wanted: View) -> list[Statement]:
    statements = []
    if live.owner != wanted.owner:
        owner = sql.SQL("ALTER VIEW {} OWNER TO {}").format(_name(wanted), sql.Identifier(wanted.owner))
        statements.append(_locking(wanted, owner))
    if live.comment != wanted.comment:
        statements.append(Statement(comment_on("VIEW", _name(wanted), wanted.comment)))
    return statements


def _name(view: View) -> sql.Identifier:
    return sql.Identifier(view.schema, view.name)


def _locking(view: View, text: sql.Composable) -> Statement:
    return Statement(text, {view.id: Lock.ACCESS_EXCLUSIVE})
