"""Users: their profiles, how a sign-up makes one, and who may see and change it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from components.access import open_function, open_table
from components.declaration import Declaration, since
from components.domain import Domain
from components.functions import Served, served
from components.templates import render
from provider.schema.postgres import (
    Backfill,
    Column,
    Constraint,
    Function,
    Index,
    NotNull,
    Policy,
    Table,
    Trigger,
)
from settings import Settings

USERS = "auth.users"
PROFILES = (f"{Table.token}::public.profiles",)
SIGN_UP_FIXED = 4
"""The phase that mends the sign-up and the policies."""
COLUMNS_DROPPED = 7

BASE_COLUMNS: Mapping[str, Column] = {
    "id": Column(type="uuid", null="refused"),
    "role": Column(type="text"),
    "plan_expires_at": Column(type="timestamptz"),
    "stripe_customer_id": Column(type="text"),
    "subscription_status": Column(type="text"),
    "created_at": Column(type="timestamptz", default="now()"),
    "updated_at": Column(type="timestamptz", default="now()"),
}

REMOVED_COLUMNS: Mapping[str, Column] = {
    "user_agent": Column(type="text", comment="Browser that the user signed up with."),
    "signup_method": Column(
        type="text", comment="Provider that the user signed up through: email, google, ..."
    ),
}

ADDED_COLUMNS: Mapping[str, Column] = {
    "email": Column(type="text"),
    "subscription_id": Column(type="text"),
    "current_period_start": Column(type="timestamptz"),
    "current_period_end": Column(type="timestamptz"),
    "cancel_at": Column(type="timestamptz"),
    "canceled_at": Column(type="timestamptz"),
    "last_payment_date": Column(type="timestamptz"),
    "total_uploads": Column(
        type="integer",
        default="0",
        comment=(
            "Total upload count for admin analytics (no limit enforcement). Incremented on each upload."
        ),
    ),
    "cancel_at_period_end": Column(type="boolean", default="false"),
    "billing_period": Column(
        type="text",
        comment=("Billing period for Accelerator Plan: monthly ($99) or annual ($999). NULL for trials."),
    ),
}

ROLE_FIXED = Column(type="text", null="governed", default="'user'")

TABLE_COMMENT = "Migration 20250930171728: Subscription simplification in progress"


FUNCTIONS = (
    Served("delete-user-account", SIGN_UP_FIXED, found=True),
    Served("get-all-users", SIGN_UP_FIXED),
    Served("update-user-profile", SIGN_UP_FIXED),
    Served("toggle-user-status", SIGN_UP_FIXED),
    Served("get-user-activity", SIGN_UP_FIXED),
)


class Identity(Domain):
    """`profiles` and the way from `auth.users` to it."""

    name = "identity"

    @staticmethod
    def declarations(settings: Settings) -> Sequence[Declaration]:
        """Profiles through all phases, both sign-ups, the retired policies, and who looks after users."""
        objects = [
            *_profiles(settings.drop_profile_columns),
            *_role(),
            *_indexes(),
            *_sign_up(),
            *_email_sync(),
            *_policies(),
        ]
        return list(served(objects, FUNCTIONS))


def _profiles(drop_columns: bool) -> Iterator[Declaration]:
    first = Table(name="profiles", columns={**BASE_COLUMNS, **REMOVED_COLUMNS}, row_security=True)
    added = {**BASE_COLUMNS, **REMOVED_COLUMNS, **ADDED_COLUMNS}
    fixed = {**added, "role": ROLE_FIXED}
    versions: dict[int, Table] = {
        0: first,
        2: Table(name="profiles", columns=added, comment=TABLE_COMMENT, row_security=True),
        SIGN_UP_FIXED: Table(name="profiles", columns=fixed, comment=TABLE_COMMENT, row_security=True),
    }
    if drop_columns:
        kept = {name: column for name, column in fixed.items() if name not in REMOVED_COLUMNS}
        versions[COLUMNS_DROPPED] = Table(
            name="profiles",
            columns=kept,
            dropped=list(REMOVED_COLUMNS),
            comment=TABLE_COMMENT,
            row_security=True,
        )
    yield Declaration(versions)
    yield since(0, open_table(first))
    yield since(0, Constraint(table="profiles", name="profiles_pkey", definition="PRIMARY KEY (id)"))
    yield since(
        0,
        Constraint(
            table="profiles",
            name="profiles_id_fkey",
            definition="FOREIGN KEY (id) REFERENCES auth.users(id) ON DELETE CASCADE",
        ),
    )
    yield since(2, _email_of("profiles.email"), after=PROFILES)


def _email_of(name: str) -> Backfill:
    return Backfill(
        name=name,
        table="profiles",
        column="email",
        value="source.email",
        where="filled.email IS DISTINCT FROM source.email",
        source=USERS,
    )


def _role() -> Iterator[Declaration]:
    fill = Backfill(
        name="profiles.role", table="profiles", column="role", value="'user'", where="filled.role IS NULL"
    )
    filled = (f"{Backfill.token}::{fill.id}",)
    yield since(SIGN_UP_FIXED, fill, after=PROFILES)
    yield since(SIGN_UP_FIXED, NotNull(table="profiles", column="role"), after=filled)
    for column, values in (("role", "'user', 'admin'"), ("billing_period", "'monthly', 'annual'")):
        check = Constraint(
            table="profiles", name=f"profiles_{column}_check", definition=f"CHECK ({column} IN ({values}))"
        )
        yield since(SIGN_UP_FIXED, check, after=filled)


def _indexes() -> Iterator[Declaration]:
    for name, definition in (
        ("idx_profiles_billing_period", "btree (billing_period) WHERE billing_period IS NOT NULL"),
        ("idx_profiles_role", "btree (role) WHERE role = 'admin'"),
        ("idx_profiles_total_uploads", "btree (total_uploads DESC)"),
    ):
        yield since(SIGN_UP_FIXED, Index(table="profiles", name=name, definition=definition))


def _trigger_function(name: str, template: str, *, pinned: bool = False) -> Function:
    return Function(
        name=name,
        returns="trigger",
        body=render(f"identity/{template}.sql"),
        security_definer=True,
        settings={"search_path": "public"} if pinned else {},
    )


def _sign_up() -> Iterator[Declaration]:
    old = _trigger_function("handle_new_user", "handle_new_user_with_fixed_date")
    new = _trigger_function("handle_new_user", "handle_new_user", pinned=True)
    trial = _trigger_function("handle_new_user_trial", "handle_new_user_trial")
    yield Declaration({0: old, SIGN_UP_FIXED: new}, after=PROFILES)
    yield since(0, trial, after=PROFILES)
    for function in (old, trial):
        yield since(0, open_function(function))
    yield since(0, _after_insert("on_auth_user_created", old))
    yield since(0, _after_insert("on_auth_user_created_set_trial", trial), until=SIGN_UP_FIXED)


def _after_insert(name: str, function: Function) -> Trigger:
    return Trigger(
        schema="auth", table="users", name=name, timing="AFTER", events=["INSERT"], function=function.id
    )


def _email_sync() -> Iterator[Declaration]:
    function = _trigger_function("sync_email_to_profiles", "sync_email_to_profiles", pinned=True)
    yield since(5, function, after=PROFILES)
    yield since(5, open_function(function))
    yield since(
        5,
        Trigger(
            schema="auth",
            table="users",
            name="sync_email_on_user_update",
            timing="AFTER",
            events=["UPDATE"],
            when="old.email IS DISTINCT FROM new.email",
            function=function.id,
        ),
    )
    # For those who came or changed their address between the two phases, once the trigger follows the rest.
    trigger = f"{Trigger.token}::{USERS}/sync_email_on_user_update"
    yield since(5, _email_of("profiles.email of the meantime"), after=(trigger,))


OWN = "auth.uid() = id"
ADMINISTRATOR = "(auth.jwt() -> 'app_metadata' ->> 'role') = 'admin'"
OWN_OR_SERVICE = "auth.uid() = id OR auth.role() = 'service_role'"
SERVICE = "auth.role() = 'service_role'"

PAIRS: tuple[tuple[Literal["SELECT", "UPDATE"], str, str, str], ...] = (
    ("SELECT", OWN, "select_own", "Allow individual read access"),
    ("SELECT", ADMINISTRATOR, "select_all", "Allow admin select access"),
    ("UPDATE", OWN, "update_own", "Allow individual update access"),
    ("UPDATE", ADMINISTRATOR, "update_any", "Allow admin update access"),
)
"""Production's policies come in pairs: command, condition, the name TO authenticated, the name TO PUBLIC."""


def _policies() -> Iterator[Declaration]:
    for policy in (
        Policy(
            table="profiles",
            name="simple_select_policy",
            command="SELECT",
            roles=["authenticated"],
            using=OWN_OR_SERVICE,
        ),
        Policy(
            table="profiles",
            name="simple_update_policy",
            command="UPDATE",
            roles=["authenticated"],
            using=OWN_OR_SERVICE,
        ),
        Policy(
            table="profiles",
            name="consolidated_insert_policy",
            command="INSERT",
            roles=["authenticated"],
            check=OWN_OR_SERVICE,
        ),
        Policy(
            table="profiles",
            name="consolidated_delete_policy",
            command="DELETE",
            roles=["authenticated"],
            using=SERVICE,
        ),
    ):
        yield since(SIGN_UP_FIXED, policy)
    for policy in RETIRED_POLICIES:
        yield since(0, policy, until=SIGN_UP_FIXED)


RETIRED_POLICIES = tuple(
    Policy(table="profiles", name=name, command=command, roles=[role], using=condition)
    for command, condition, for_authenticated, for_everybody in PAIRS
    for name, role in ((for_authenticated, "authenticated"), (for_everybody, "PUBLIC"))
)
