"""Who may use what by default: Supabase's three API roles, and the privileges that new objects get."""

from __future__ import annotations

from collections.abc import Sequence

from components.declaration import Declaration, since
from components.domain import Domain
from provider.schema.postgres import DefaultPrivileges, Function, Grants, Privileges, Table
from settings import Settings

API_ROLES = ("anon", "authenticated", "service_role")

ALL_ON_TABLE = ["DELETE", "INSERT", "MAINTAIN", "REFERENCES", "SELECT", "TRIGGER", "TRUNCATE", "UPDATE"]
ALL_ON_SEQUENCE = ["SELECT", "UPDATE", "USAGE"]
EXECUTE = ["EXECUTE"]


def to_api_roles(privileges: Sequence[str]) -> Grants:
    """The same privileges for each API role, as Supabase's default privileges give them."""
    return {role: list(privileges) for role in API_ROLES}


def open_table(table: Table) -> Privileges:
    """A table as Supabase grants it: row level security is what protects it."""
    return Privileges(kind="table", object=table.id, grants=to_api_roles(ALL_ON_TABLE))


def open_sequence(name: str) -> Privileges:
    """A sequence as Supabase grants it."""
    return Privileges(kind="sequence", object=name, grants=to_api_roles(ALL_ON_SEQUENCE))


def open_function(function: Function) -> Privileges:
    """A function as Supabase grants it: anybody may call it."""
    return Privileges(
        kind="function", object=function.id, grants={"PUBLIC": EXECUTE, **to_api_roles(EXECUTE)}
    )


class Access(Domain):
    """What Supabase grants on everything in `public`, now and to come."""

    name = "access"

    @staticmethod
    def declarations(settings: Settings) -> Sequence[Declaration]:
        """The schema's privileges and the default ones; the same in every phase."""
        return [
            since(
                0,
                Privileges(
                    kind="schema",
                    object="public",
                    grants={
                        "PUBLIC": ["USAGE"],
                        "postgres": ["USAGE"],
                        **to_api_roles(["USAGE"]),
                    },
                ),
            ),
            since(0, DefaultPrivileges(kind="tables", grants=to_api_roles(ALL_ON_TABLE))),
            since(0, DefaultPrivileges(kind="sequences", grants=to_api_roles(ALL_ON_SEQUENCE))),
            since(0, DefaultPrivileges(kind="functions", grants=to_api_roles(EXECUTE))),
        ]
