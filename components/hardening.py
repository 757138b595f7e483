"""What staging's own design leaves open, closed: apart from the gap, and where a stack's config asks for it.

Some of its objects are new. Others exist without it too and are only declared otherwise with it; those are
registered here then, and not by the domain that they belong to, so that a preview shows them apart.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeVar

import msgspec

from components.access import ALL_ON_SEQUENCE, ALL_ON_TABLE, EXECUTE
from components.declaration import Declaration, key_of, since
from components.domain import Domain
from components.templates import render
from provider.schema.postgres import (
    DefaultPrivileges,
    Function,
    Grants,
    Policy,
    Privileges,
    Trigger,
)
from provider.schema.shape import Shape
from settings import Settings

S = TypeVar("S", bound=Shape)

PROFILES = "public.profiles"
POLICIES_CHANGED = 4
"""The phase in which administrators lose the policies by which they change others' profiles themselves."""

PINNED = {"search_path": "public, pg_temp"}
"""Without the second name, what a caller makes for the time being would be found before all else."""


class Hardened(NamedTuple):
    """How an object of another domain is declared with hardening."""

    since: int
    change: Callable[[Shape], Shape]


class Hardening(Domain):
    """What is closed, each thing as soon as what it protects is there and no client needs it open."""

    name = "hardening"

    @staticmethod
    def declarations(settings: Settings) -> Sequence[Declaration]:
        """The objects that only hardening has; declared absent without it."""
        own = [*_guard(), *_email(), *_administrators(), *_defaults()]
        return own if settings.hardening else [dataclasses.replace(each, until=0) for each in own]


def hardened(declaration: Declaration) -> Declaration:
    """The declaration as it is with hardening."""
    if declaration.key not in HARDENED:
        return declaration
    first, change = HARDENED[declaration.key]
    later = {phase for phase in declaration.versions if phase > first}
    before = {phase: shape for phase, shape in declaration.versions.items() if phase < first}
    closed = {phase: change(shape) for phase in {first, *later} if (shape := declaration.at(phase))}
    return dataclasses.replace(declaration, versions={**before, **closed})


def _granting(**grants: Sequence[str]) -> Callable[[Shape], Shape]:
    """Nobody but these roles may use the object, and only so."""
    return _with(Privileges, grants=_listed(grants))


def _by_default(**grants: Sequence[str]) -> Callable[[Shape], Shape]:
    return _with(DefaultPrivileges, grants=_listed(grants))


def _listed(grants: Mapping[str, Sequence[str]]) -> Grants:
    return {role: list(privileges) for role, privileges in grants.items()}


def _with(kind: type[S], **changed: object) -> Callable[[Shape], Shape]:
    def change(shape: Shape) -> Shape:
        assert isinstance(shape, kind), f"{key_of(shape)} is no {kind.__name__}"
        return msgspec.structs.replace(shape, **changed)

    return change


# What row level security keeps closed already stays granted, so that no client meets an error where it met an
# empty answer. TRUNCATE and the like are no policy's business, and a row comes from a sign-up or the service.
_GOVERNED = ("DELETE", "SELECT", "UPDATE")
_ENDED = ("DELETE", "SELECT")
"""Users end their sessions. If they could write them, they would bring back what others have ended."""

_TABLES: Mapping[str, Sequence[str]] = {
    PROFILES: _GOVERNED,
    "public.lerg_codes": _GOVERNED,
    "public.enhanced_lerg": _GOVERNED,
    "public.active_sessions": _ENDED,
}

_CALLERS: Mapping[str, tuple[int, Sequence[str]]] = {
    "public.handle_new_user()": (2, ()),
    "public.handle_new_user_trial()": (2, ()),
    "public.update_updated_at_column()": (2, ()),
    "public.get_npa_info(character varying)": (2, ("authenticated", "service_role")),
    "public.sync_email_to_profiles()": (5, ()),
    "public.cleanup_stale_sessions()": (6, ("service_role",)),
    "public.increment_upload_count(uuid, integer)": (6, ("authenticated", "service_role")),
    "public.reset_monthly_uploads()": (6, ("service_role",)),
}
"""From which phase on only these roles may call a function; a trigger asks nobody."""

_DEFAULTS = f"{DefaultPrivileges.token}::postgres in public on"

HARDENED: Mapping[str, Hardened] = {
    **{
        f"{Privileges.token}::table {table}": Hardened(
            2, _granting(anon=_GOVERNED, authenticated=governed, service_role=ALL_ON_TABLE)
        )
        for table, governed in _TABLES.items()
    },
    f"{Privileges.token}::sequence public.lerg_codes_id_seq": Hardened(
        2, _granting(service_role=ALL_ON_SEQUENCE)
    ),
    **{
        f"{Privileges.token}::function {function}": Hardened(
            phase, _granting(**dict.fromkeys(roles, EXECUTE))
        )
        for function, (phase, roles) in _CALLERS.items()
    },
    f"{_DEFAULTS} tables": Hardened(2, _by_default(service_role=ALL_ON_TABLE)),
    f"{_DEFAULTS} sequences": Hardened(2, _by_default(service_role=ALL_ON_SEQUENCE)),
    f"{_DEFAULTS} functions": Hardened(2, _by_default(service_role=EXECUTE)),
    f"{Function.token}::public.handle_new_user_trial()": Hardened(
        POLICIES_CHANGED, _with(Function, settings=PINNED)
    ),
    f"{Function.token}::public.cleanup_stale_sessions()": Hardened(6, _with(Function, settings=PINNED)),
    f"{Function.token}::public.increment_upload_count(uuid, integer)": Hardened(
        6, _with(Function, body=render("hardening/increment_upload_count.sql"))
    ),
    f"{Policy.token}::public.profiles/consolidated_delete_policy": Hardened(
        POLICIES_CHANGED, _with(Policy, roles=["service_role"], using="true")
    ),
}
"""By key: what is declared otherwise, and from which phase on."""


def _guard() -> Iterator[Declaration]:
    """Users change of their profile what they tell of themselves, and not what they may do or pay for.

    A trigger and no grants on columns: those can't tell users from administrators, who are `authenticated`
    too and change profiles themselves until their policies go; and they refuse a client that sends a whole
    row back with nothing changed in it, which works today.
    """
    name = "guard_own_profile"
    first, later = (
        Function(
            name=name,
            returns="trigger",
            body=render(f"hardening/{name}.sql", administrators=administrators),
            settings={"search_path": ""},
        )
        for administrators in (True, False)
    )
    yield Declaration({2: first, POLICIES_CHANGED: later})
    yield since(2, _only(first))
    yield since(
        2,
        Trigger(
            table="profiles",
            name=name,
            timing="BEFORE",
            events=["UPDATE"],
            # It holds whom policies hold: not the service, the owner, and functions that act as the owner.
            when="row_security_active('public.profiles')",
            function=first.id,
        ),
    )


def _email() -> Iterator[Declaration]:
    """The e-mail sync follows a change of address alone, so a new profile takes the address along."""
    name = "email_of_new_profile"
    function = Function(
        name=name,
        returns="trigger",
        body=render(f"hardening/{name}.sql"),
        security_definer=True,
        settings={"search_path": ""},
    )
    yield since(2, function)
    yield since(2, _only(function))
    yield since(
        2,
        Trigger(
            table="profiles",
            name=name,
            timing="BEFORE",
            events=["INSERT"],
            when="new.email IS NULL",
            function=function.id,
        ),
    )


def _administrators() -> Iterator[Declaration]:
    """Administrators see all users with their own token too, and not by way of the service role alone."""
    function = Function(
        name="is_admin",
        returns="boolean",
        language="sql",
        body=render("hardening/is_admin.sql"),
        security_definer=True,
        volatility="stable",
        settings={"search_path": ""},
    )
    policy = Policy(
        table="profiles",
        name="admin_select_policy",
        command="SELECT",
        roles=["authenticated"],
        using="(SELECT public.is_admin())",
    )
    yield since(POLICIES_CHANGED, function, after=("voip:postgres:Table::public.profiles",))
    callers = _only(function, "authenticated", "service_role")
    yield since(POLICIES_CHANGED, callers)
    # Nobody may read as an administrator before nobody can become one. And whoever reads calls the function:
    # before they may, every reading of a profile would fail.
    guarded = f"{Trigger.token}::public.profiles/guard_own_profile"
    yield since(POLICIES_CHANGED, policy, after=(key_of(function), key_of(callers), guarded))


def _defaults() -> Iterator[Declaration]:
    """Those of one schema only add to Postgres' own, by which everybody may call a new function."""
    yield since(2, DefaultPrivileges(schema="", kind="functions"))


def _only(function: Function, *roles: str) -> Privileges:
    return Privileges(kind="function", object=function.id, grants=_listed(dict.fromkeys(roles, EXECUTE)))
