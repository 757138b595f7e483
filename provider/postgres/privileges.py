"""What others than the owner may do with an object."""

from __future__ import annotations

from collections.abc import Iterator

from psycopg import sql

from provider.postgres.compose import declared, role
from provider.postgres.kind import CatalogKind
from provider.schema.postgres import Grants, Privileges

_GRANTABLE = " WITH GRANT OPTION"

Granted = set[tuple[str, str]]
"""Role and privilege, the privilege with its grant option."""


class PrivilegesKind(CatalogKind[Privileges]):
    """GRANT and REVOKE, on an object and on its columns."""

    shape = Privileges

    def create(self, wanted: Privileges) -> Privileges:
        """Bring the object's grants to what is wanted: every object has grants from the moment it exists."""
        return self.update(wanted, wanted)

    def delete(self, live: Privileges, scratch: bool) -> None:
        """Forget: grants go with their object, and without it there is nothing to drop."""

    def creation(self, wanted: Privileges) -> list[sql.Composable]:
        return self.alteration(Privileges(kind=wanted.kind, object=wanted.object), wanted)

    def alteration(self, live: Privileges, wanted: Privileges) -> list[sql.Composable]:
        # Table before columns: a REVOKE on the table would undo a GRANT on its columns.
        statements = list(changes(live.grants, wanted.grants, wanted, None))
        for column in sorted(live.columns.keys() | wanted.columns.keys()):
            have, want = live.columns.get(column, {}), wanted.columns.get(column, {})
            statements.extend(changes(have, want, wanted, column))
        return statements

    def removal(self, live: Privileges) -> list[sql.Composable]:
        return []


def changes(live: Grants, wanted: Grants, on: Privileges, column: str | None) -> Iterator[sql.Composable]:
    """The statements that lead from one set of grants to another."""
    have, want = granted(live), granted(wanted)
    for name, privilege in sorted(have - want):
        yield sql.SQL("REVOKE {} ON {} FROM {}").format(
            _privilege(privilege, column), _object(on), role(name)
        )
    for name, privilege in sorted(want - have):
        option = declared(_GRANTABLE if privilege.endswith(_GRANTABLE) else "")
        yield sql.SQL("GRANT {} ON {} TO {}{}").format(
            _privilege(privilege, column), _object(on), role(name), option
        )


def granted(grants: Grants) -> Granted:
    """Grants as a set of pairs."""
    return {(name, privilege) for name, privileges in grants.items() for privilege in privileges}


def _privilege(privilege: str, column: str | None) -> sql.Composable:
    bare = declared(privilege.removesuffix(_GRANTABLE))
    return sql.SQL("{} ({})").format(bare, sql.Identifier(column)) if column else bare


def _object(on: Privileges) -> sql.Composable:
    return declared(f"{on.kind.upper()} {on.object}")
