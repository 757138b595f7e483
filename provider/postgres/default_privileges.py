"""What others may do with the objects that a role will create."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from psycopg import sql

from provider.errors import PropertyError
from provider.postgres.compose import declared, spaced
from provider.postgres.kind import CatalogKind
from provider.postgres.privileges import changes, granted, normalized_grants
from provider.postgres.statement import Statement
from provider.schema.postgres import DefaultPrivileges, Grants

_BUILT_IN: Mapping[str, Grants] = {"functions": {"PUBLIC": ["EXECUTE"]}, "types": {"PUBLIC": ["USAGE"]}}
"""What Postgres itself grants on new objects. A single schema's default privileges only add to it."""


class DefaultPrivilegesKind(CatalogKind[DefaultPrivileges]):
    """ALTER DEFAULT PRIVILEGES."""

    shape = DefaultPrivileges

    def normalized(self, wanted: DefaultPrivileges) -> DefaultPrivileges:
        if wanted.kind == "schemas" and wanted.schema:
            raise PropertyError(
                "schema", f'schemas do not lie in the schema {wanted.schema}; declare `schema: ""`'
            )
        grants = normalized_grants("grants", wanted.grants, wanted.kind.removesuffix("s"))
        return msgspec.structs.replace(wanted, grants=grants)

    def read(self, identifier: str, known: DefaultPrivileges | None) -> DefaultPrivileges | None:
        """The live defaults; Postgres stores none where its own hold, which is no absence."""
        return super().read(identifier, known) or (known and _untouched(known))

    def creation(self, wanted: DefaultPrivileges) -> list[Statement]:
        return self.alteration(_untouched(wanted), wanted)

    def create(self, wanted: DefaultPrivileges) -> DefaultPrivileges:
        """Bring the defaults to what is wanted: there are defaults from the beginning."""
        return self.update(wanted, wanted)

    def alteration(self, live: DefaultPrivileges, wanted: DefaultPrivileges) -> list[Statement]:
        actions = changes(granted(live.grants), granted(wanted.grants), declared(wanted.kind.upper()))
        return [_alter(wanted, action) for action in actions]

    def delete(self, live: DefaultPrivileges, scratch: bool) -> None:
        """Forget what was put back: where Postgres' own defaults hold, there is nothing to keep."""
        if super().read(live.id, None) is not None:
            super().delete(live, scratch)

    def removal(self, live: DefaultPrivileges) -> list[Statement]:
        return self.alteration(live, _untouched(live))


def _untouched(defaults: DefaultPrivileges) -> DefaultPrivileges:
    grants = {} if defaults.schema else _BUILT_IN.get(defaults.kind, {})
    return msgspec.structs.replace(defaults, grants=grants)


def _alter(of: DefaultPrivileges, action: Statement) -> Statement:
    parts: list[sql.Composable] = [sql.SQL("FOR ROLE {}").format(sql.Identifier(of.role))]
    if of.schema:
        parts.append(sql.SQL("IN SCHEMA {}").format(sql.Identifier(of.schema)))
    return Statement(sql.SQL("ALTER DEFAULT PRIVILEGES {} {}").format(spaced(parts), action.text))
