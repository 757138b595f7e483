"""Users can't sign up: the sign-up as production was found with it, both triggers and their functions."""

from __future__ import annotations

import argparse
import dataclasses

from components.identity import REMOVED_COLUMNS, SIGN_UP_FIXED, USERS
from components.steps import command
from operations.errors import OperationError
from operations.pulumi import stack_config
from operations.rollback.declared import bring_back, declared, told
from operations.target import live
from provider.plane import Planes
from provider.schema.postgres import Function, Trigger
from provider.schema.shape import Shape
from settings import Settings, load_settings

_FUNCTIONS = {"handle_new_user", "handle_new_user_trial"}
_TRIAL = "New users get the old trial, which ended on 2025-07-31: give them time by hand."


def options(parser: argparse.ArgumentParser) -> None:
    """Of its command line."""
    parser.add_argument("--stack", required=True)
    parser.set_defaults(run=lambda options: sign_up(options.stack))


def sign_up(stack: str) -> str:
    """Bring the old sign-up back on a stack's target; says what was done and what follows."""
    settings = load_settings(config := stack_config(stack))
    with live(config) as planes:
        planes.verify()
        return restore(planes, settings, stack)


def restore(planes: Planes, settings: Settings, stack: str) -> str:
    """The same, on planes. The old functions fill columns that a stack may have consented to drop."""
    if missing := REMOVED_COLUMNS.keys() - set(planes.tables().get("public.profiles", [])):
        raise OperationError(
            f"the old sign-up fills {', '.join(sorted(missing))} of public.profiles, which are not there; "
            f"bring them back first: `{command(SIGN_UP_FIXED + 2, stack)}`"
        )
    before = dataclasses.replace(settings, phase=SIGN_UP_FIXED - 1)
    done = list(bring_back(planes, declared(before, _is_sign_up)))
    return "\n".join([told(done, "The sign-up is the old one already."), _TRIAL, _then(stack)])


def _is_sign_up(shape: Shape) -> bool:
    match shape:
        case Function():
            return shape.name in _FUNCTIONS
        case Trigger():
            return f"{shape.schema}.{shape.table}" == USERS and shape.events == ["INSERT"]
    return False


def _then(stack: str) -> str:
    return (
        "A preview shows the sign-up as different now; mend the declared one, and bring it back with "
        f"`pulumi up --stack {stack}`."
    )
