"""What others than the owner may do with an object."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec
from psycopg import sql

from provider.errors import PropertyError, ProviderError
from provider.postgres.compose import declared, listed, named, role
from provider.postgres.kind import CatalogKind
from provider.postgres.statement import Statement
from provider.schema.postgres import DefaultPrivileges, Grants, Privileges
from provider.schema.shape import identifier, names

_GRANTABLE = " WITH GRANT OPTION"

# A procedure is no FUNCTION to GRANT, but both are a ROUTINE.
_KEYWORDS = {"table": "TABLE", "sequence": "SEQUENCE", "function": "ROUTINE", "schema": "SCHEMA"}

_PRIVILEGES = {
    "table": "DELETE INSERT MAINTAIN REFERENCES SELECT TRIGGER TRUNCATE UPDATE",
    "column": "INSERT REFERENCES SELECT UPDATE",
    "sequence": "SELECT UPDATE USAGE",
    "function": "EXECUTE",
    "type": "USAGE",
    "schema": "CREATE USAGE",
}

Granted = set[tuple[str, str]]
"""Role and privilege, the privilege with its grant option."""


class PrivilegesKind(CatalogKind[Privileges]):
    """GRANT and REVOKE, on an object and on its columns."""

    shape = Privileges

    def normalized(self, wanted: Privileges) -> Privileges:
        _check_object(wanted)
        columns = {
            column: normalized_grants(f"columns.{column}", grants, "column")
            for column, grants in wanted.columns.items()
        }
        return msgspec.structs.replace(
            wanted,
            grants=normalized_grants("grants", wanted.grants, wanted.kind),
            columns={column: grants for column, grants in columns.items() if grants},
        )

    def create(self, wanted: Privileges) -> Privileges:
        """Bring the object's grants to what is wanted: every object has grants from the moment it exists."""
        if self.read(wanted.id, wanted) is None:
            raise ProviderError(f"there is no {wanted.id} to grant anything on; declare and create it first")
        return self.update(wanted, wanted)

    def delete(self, live: Privileges, scratch: bool) -> None:
        """Forget: grants go with their object, and without it there is nothing to drop."""

    def creation(self, wanted: Privileges) -> list[Statement]:
        # The object is not there yet, and will get the default privileges, which this update may change too.
        return [*self._without_default(wanted), *self.alteration(_nothing(wanted), wanted)]

    def alteration(self, live: Privileges, wanted: Privileges) -> list[Statement]:
        have, want = granted(live.grants), granted(wanted.grants)
        statements = list(changes(have, want, on(wanted)))
        revoked = _without_option(have - want)
        for column in sorted(live.columns.keys() | wanted.columns.keys()):
            # Table before columns: a REVOKE on the table has taken the same privilege on its columns along.
            left = {
                pair
                for pair in granted(live.columns.get(column, {}))
                if not _without_option({pair}) & revoked
            }
            statements.extend(changes(left, granted(wanted.columns.get(column, {})), on(wanted), column))
        return statements

    def removal(self, live: Privileges) -> list[Statement]:
        return []

    def _without_default(self, wanted: Privileges) -> Iterator[Statement]:
        kinds = [
            each for each in self._catalog.all(DefaultPrivileges).values() if each.kind == f"{wanted.kind}s"
        ]
        owners = {each.role for each in kinds}
        roles = sorted({"PUBLIC"}.union(*(each.grants for each in kinds)) - owners)
        yield Statement(
            sql.SQL("REVOKE ALL ON {} FROM {}").format(on(wanted), listed(role(name) for name in roles))
        )


def _nothing(wanted: Privileges) -> Privileges:
    return Privileges(kind=wanted.kind, object=wanted.object)


def changes(
    have: Granted, want: Granted, target: sql.Composable, column: str | None = None
) -> Iterator[Statement]:
    """The statements that lead from one set of grants to another."""
    for name, privilege in sorted(have - want):
        revoke = sql.SQL("REVOKE {} ON {} FROM {}")
        yield Statement(revoke.format(_privilege(privilege, column), target, role(name)))
    for name, privilege in sorted(want - have):
        option = declared(_GRANTABLE if privilege.endswith(_GRANTABLE) else "")
        grant = sql.SQL("GRANT {} ON {} TO {}{}")
        yield Statement(grant.format(_privilege(privilege, column), target, role(name), option))


def granted(grants: Grants) -> Granted:
    """Grants as a set of pairs."""
    return {(name, privilege) for name, privileges in grants.items() for privilege in privileges}


def on(privileges: Privileges) -> sql.Composable:
    """The object, as GRANT and REVOKE name it."""
    return sql.SQL("{} {}").format(declared(_KEYWORDS[privileges.kind]), named(privileges.object))


def normalized_grants(path: str, grants: Grants, kind: str) -> Grants:
    """Grants in the order in which they are read; refuses what is no privilege on objects of the kind."""
    for name, privileges in grants.items():
        for privilege in privileges:
            if privilege.removesuffix(_GRANTABLE) not in _PRIVILEGES[kind].split():
                raise PropertyError(
                    f"{path}.{name}",
                    f"{privilege!r} is no privilege on a {kind}; "
                    f"declare some of {', '.join(_PRIVILEGES[kind].split())}",
                )
    return {name: sorted(set(privileges)) for name, privileges in sorted(grants.items()) if privileges}


def _check_object(wanted: Privileges) -> None:
    parts, rest = names(wanted.object)
    shaped = len(parts) == (1 if wanted.kind == "schema" else 2) and rest.startswith("(") == (
        wanted.kind == "function"
    )
    if not shaped or identifier(*parts) + rest != wanted.object:
        raise PropertyError(
            "object",
            f"{wanted.object!r} does not name a {wanted.kind}; write it as its own identifier, "
            f"like {_EXAMPLES[wanted.kind]}",
        )


_EXAMPLES: Mapping[str, str] = {
    "table": "public.profiles",
    "sequence": "public.orders_id_seq",
    "function": "public.is_admin(uuid)",
    "schema": "public",
}


def _without_option(pairs: Granted) -> Granted:
    return {(name, privilege.removesuffix(_GRANTABLE)) for name, privilege in pairs}


def _privilege(privilege: str, column: str | None) -> sql.Composable:
    bare = declared(privilege.removesuffix(_GRANTABLE))
    return sql.SQL("{} ({})").format(bare, sql.Identifier(column)) if column else bare
