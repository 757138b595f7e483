"""Users can't see their own profile: what is declared about access to it, and a policy for the emergency."""

from __future__ import annotations

import argparse

from psycopg import sql

from operations.pulumi import stack_config
from operations.rollback.declared import bring_back, declared, told
from operations.target import completed, live
from provider.plane import Planes
from provider.postgres.statement import Lock, Statement
from provider.schema.postgres import Function, Policy, Privileges
from provider.schema.shape import Shape
from settings import Settings, load_settings

PROFILES = "public.profiles"
EMERGENCY = Policy(
    table="profiles",
    name="emergency_select_policy",
    command="SELECT",
    roles=["authenticated"],
    using="auth.uid() = id",
)
_ASKED = "is_admin"
"""A policy calls it, so whoever may not call it reads nothing."""
_OPEN = sql.SQL(
    "CREATE POLICY {} ON public.profiles FOR SELECT TO authenticated USING (auth.uid() = id)"
).format(sql.Identifier(EMERGENCY.name))
_CLOSE = sql.SQL("DROP POLICY IF EXISTS {} ON public.profiles").format(sql.Identifier(EMERGENCY.name))


def options(parser: argparse.ArgumentParser) -> None:
    """Of its command line."""
    parser.add_argument("--end", action="store_true", help="take the emergency's policy away")
    parser.add_argument("--stack", required=True)
    parser.set_defaults(run=lambda options: lockout(options.stack, end=options.end))


def lockout(stack: str, *, end: bool) -> str:
    """Let users of a stack's target in again, or with `end` take the emergency's policy away."""
    settings = load_settings(config := stack_config(stack))
    with live(config) as planes:
        planes.verify()
        return close(planes) if end else let_in(planes, completed(settings, planes))


def let_in(planes: Planes, settings: Settings) -> str:
    """Bring back what the settings' phase declares, and add the policy that the comparison names."""
    done = list(bring_back(planes, declared(settings, _governs)))
    planes.change([_statement(_CLOSE), _statement(_OPEN)])
    return told(done, "What is declared about access to profiles was all there.") + (
        f"\nAdded {EMERGENCY.name}: users see their own profile by it, whatever else is wrong. Take it away "
        "with `python -m operations rollback lockout --end` once `pulumi preview` shows what it should."
    )


def close(planes: Planes) -> str:
    """Take the emergency's policy away."""
    planes.change([_statement(_CLOSE)])
    return f"{EMERGENCY.name} is gone; users see their profile by the declared policies."


def _governs(shape: Shape) -> bool:
    match shape:
        case Policy():
            return f"{shape.schema}.{shape.table}" == PROFILES
        case Privileges():
            return shape.object in {"public", PROFILES, f"public.{_ASKED}()"}
        case Function():
            return shape.name == _ASKED
    return False


def _statement(text: sql.Composed) -> Statement:
    return Statement(text, {PROFILES: Lock.ACCESS_EXCLUSIVE})
