"""What others may do with the objects that a role will create."""

from __future__ import annotations

from psycopg import sql

from provider.postgres.compose import declared, role
from provider.postgres.kind import CatalogKind
from provider.postgres.privileges import granted
from provider.schema.postgres import DefaultPrivileges


class DefaultPrivilegesKind(CatalogKind[DefaultPrivileges]):
    """ALTER DEFAULT PRIVILEGES."""

    shape = DefaultPrivileges

    def creation(self, wanted: DefaultPrivileges) -> list[sql.Composable]:
        bare = DefaultPrivileges(role=wanted.role, schema=wanted.schema, kind=wanted.kind)
        return self.alteration(bare, wanted)

    def alteration(self, live: DefaultPrivileges, wanted: DefaultPrivileges) -> list[sql.Composable]:
        have, want = granted(live.grants), granted(wanted.grants)
        revoke, grant = sql.SQL("REVOKE {} ON {} FROM {}"), sql.SQL("GRANT {} ON {} TO {}")
        kind = declared(wanted.kind.upper())
        actions = [
            revoke.format(declared(privilege), kind, role(name)) for name, privilege in sorted(have - want)
        ]
        actions += [
            grant.format(declared(privilege), kind, role(name)) for name, privilege in sorted(want - have)
        ]
        return [_alter(wanted, action) for action in actions]

    def removal(self, live: DefaultPrivileges) -> list[sql.Composable]:
        bare = DefaultPrivileges(role=live.role, schema=live.schema, kind=live.kind)
        return self.alteration(live, bare)


def _alter(on: DefaultPrivileges, action: sql.Composable) -> sql.Composed:
    return sql.SQL("ALTER DEFAULT PRIVILEGES FOR ROLE {} IN SCHEMA {} {}").format(
        sql.Identifier(on.role), sql.Identifier(on.schema), action
    )
