"""Triggers, those on `auth.users` too."""

from __future__ import annotations

from psycopg import sql

from provider.postgres.compose import comment_on, declared, listed, relation, spaced
from provider.postgres.kind import CatalogKind
from provider.schema.postgres import Trigger

_STATES = {
    "origin": "ENABLE TRIGGER",
    "replica": "ENABLE REPLICA TRIGGER",
    "always": "ENABLE ALWAYS TRIGGER",
    "disabled": "DISABLE TRIGGER",
}


class TriggerKind(CatalogKind[Trigger]):
    """CREATE and DROP TRIGGER; only the comment and the state can be altered in place."""

    shape = Trigger
    expressions = ("when",)

    def creation(self, wanted: Trigger) -> list[sql.Composable]:
        return [_create(wanted), *_properties(wanted, "origin", None)]

    def alteration(self, live: Trigger, wanted: Trigger) -> list[sql.Composable]:
        paths = {difference.path for difference in self.diff(live, wanted)}
        # On a table that the role does not own, only CREATE and DROP TRIGGER are allowed.
        if paths <= {"comment", "enabled"} and wanted.schema != "auth":
            return _properties(wanted, live.enabled, live.comment)
        return [*self.removal(live), *self.creation(wanted)]

    def removal(self, live: Trigger) -> list[sql.Composable]:
        return [sql.SQL("DROP TRIGGER {} ON {}").format(sql.Identifier(live.name), relation(live))]


def _create(wanted: Trigger) -> sql.Composed:
    parts: list[sql.Composable] = [
        sql.SQL("CREATE TRIGGER {}").format(sql.Identifier(wanted.name)),
        declared(wanted.timing),
        declared(" OR ".join(wanted.events)),
        sql.SQL("ON {}").format(relation(wanted)),
        declared(f"FOR EACH {wanted.level.upper()}"),
    ]
    if wanted.when is not None:
        parts.append(sql.SQL("WHEN ({})").format(declared(wanted.when)))
    arguments = listed(sql.Literal(argument) for argument in wanted.arguments)
    function = declared(wanted.function.removesuffix("()"))
    parts.append(sql.SQL("EXECUTE FUNCTION {}({})").format(function, arguments))
    return spaced(parts)


def _properties(wanted: Trigger, enabled: str, comment: str | None) -> list[sql.Composable]:
    statements: list[sql.Composable] = []
    if wanted.enabled != enabled:
        statements.append(
            sql.SQL("ALTER TABLE {} {} {}").format(
                relation(wanted), declared(_STATES[wanted.enabled]), sql.Identifier(wanted.name)
            )
        )
    if wanted.comment != comment:
        name = sql.SQL("{} ON {}").format(sql.Identifier(wanted.name), relation(wanted))
        statements.append(comment_on("TRIGGER", name, wanted.comment))
    return statements
