"""Triggers, those on `auth.users` too."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from psycopg import sql

from provider.errors import PropertyError
from provider.postgres.compose import comment_on, declared, listed, named, relation, relation_id, spaced
from provider.postgres.kind import CatalogKind
from provider.postgres.statement import Lock, Statement
from provider.schema.postgres import Trigger
from provider.schema.shape import identifier, names

_EVENTS = ("INSERT", "UPDATE", "DELETE", "TRUNCATE")
"""In the order in which Postgres prints them."""

_STATES = {
    "origin": "ENABLE TRIGGER",
    "replica": "ENABLE REPLICA TRIGGER",
    "always": "ENABLE ALWAYS TRIGGER",
    "disabled": "DISABLE TRIGGER",
}

_DEFERRAL = {
    "immediate": "NOT DEFERRABLE",
    "deferrable": "DEFERRABLE",
    "deferred": "DEFERRABLE INITIALLY DEFERRED",
}


class TriggerKind(CatalogKind[Trigger]):
    """CREATE and DROP TRIGGER; only the comment and the state can be altered in place."""

    shape = Trigger
    expressions = ("when",)

    def normalized(self, wanted: Trigger) -> Trigger:
        if wanted.columns and "UPDATE" not in wanted.events:
            raise PropertyError("columns", "columns belong to UPDATE; add it to the events or leave them out")
        if not wanted.events:
            raise PropertyError("events", f"no event is declared; declare some of {', '.join(_EVENTS)}")
        return msgspec.structs.replace(
            wanted,
            events=[event for event in _EVENTS if event in wanted.events],
            columns=sorted(set(wanted.columns)),
            function=_qualified("function", wanted.function.removesuffix("()")) + "()",
            from_table=wanted.from_table and _qualified("fromTable", wanted.from_table),
        )

    def creation(self, wanted: Trigger) -> list[Statement]:
        created = Statement(_create(wanted), {relation_id(wanted): Lock.SHARE_ROW_EXCLUSIVE})
        return [created, *_properties(wanted, "origin", None)]

    def alteration(self, live: Trigger, wanted: Trigger) -> list[Statement]:
        paths = {difference.path for difference in self.diff(live, wanted)}
        # On a table that the role does not own, only CREATE and DROP TRIGGER are allowed.
        if paths <= {"comment", "enabled"} and wanted.schema != "auth":
            return _properties(wanted, live.enabled, live.comment)
        return self.remade(live, wanted)

    def removal(self, live: Trigger) -> list[Statement]:
        drop = sql.SQL("DROP TRIGGER {} ON {}").format(sql.Identifier(live.name), relation(live))
        return [Statement(drop, {relation_id(live): Lock.ACCESS_EXCLUSIVE})]


def _qualified(path: str, text: str) -> str:
    parts, rest = names(text)
    if len(parts) != 2 or rest:
        raise PropertyError(path, f"{text!r} is not a name with its schema; write it like public.name")
    return identifier(*parts)


def _create(wanted: Trigger) -> sql.Composed:
    return spaced(list(_clauses(wanted)))


def _clauses(wanted: Trigger) -> Iterator[sql.Composable]:
    yield declared("CREATE CONSTRAINT TRIGGER" if wanted.constraint else "CREATE TRIGGER")
    yield sql.Identifier(wanted.name)
    yield declared(wanted.timing)
    yield sql.SQL(" OR ").join(_event(event, wanted) for event in wanted.events)
    yield sql.SQL("ON {}").format(relation(wanted))
    if wanted.from_table:
        yield sql.SQL("FROM {}").format(named(wanted.from_table))
    if wanted.constraint:
        yield declared(_DEFERRAL[wanted.constraint])
    if wanted.old_table or wanted.new_table:
        yield sql.SQL("REFERENCING {}").format(spaced(list(_transitions(wanted))))
    yield declared(f"FOR EACH {wanted.level.upper()}")
    if wanted.when is not None:
        yield sql.SQL("WHEN ({})").format(declared(wanted.when))
    function = named(wanted.function.removesuffix("()"))
    arguments = listed(sql.Literal(argument) for argument in wanted.arguments)
    yield sql.SQL("EXECUTE FUNCTION {}({})").format(function, arguments)


def _transitions(wanted: Trigger) -> Iterator[sql.Composable]:
    if wanted.old_table:
        yield sql.SQL("OLD TABLE AS {}").format(sql.Identifier(wanted.old_table))
    if wanted.new_table:
        yield sql.SQL("NEW TABLE AS {}").format(sql.Identifier(wanted.new_table))


def _event(event: str, wanted: Trigger) -> sql.Composable:
    if event != "UPDATE" or not wanted.columns:
        return declared(event)
    return sql.SQL("UPDATE OF {}").format(listed(sql.Identifier(column) for column in wanted.columns))


def _properties(wanted: Trigger, enabled: str, comment: str | None) -> list[Statement]:
    statements = []
    if wanted.enabled != enabled:
        switch = sql.SQL("ALTER TABLE {} {} {}").format(
            relation(wanted), declared(_STATES[wanted.enabled]), sql.Identifier(wanted.name)
        )
        statements.append(Statement(switch, {relation_id(wanted): Lock.SHARE_ROW_EXCLUSIVE}))
    if wanted.comment != comment:
        name = sql.SQL("{} ON {}").format(sql.Identifier(wanted.name), relation(wanted))
        statements.append(Statement(comment_on("TRIGGER", name, wanted.comment)))
    return statements
