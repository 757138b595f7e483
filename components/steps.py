"""Which step a target may take: one phase forward at a time, back at any time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import pulumi

from settings import PROJECT, Settings


@dataclass(frozen=True)
class Progress:
    """Where a target stands."""

    completed: int
    """The phase that it has completed, or in which it was found."""
    passages: int
    """How often a phase was completed, forward or back."""


def progress(settings: Settings) -> Progress:
    """What the target itself remembers."""
    try:
        recorded = pulumi.runtime.invoke("voip:rollout:passages", {}).value
    except Exception as error:  # noqa: BLE001  the SDK raises nothing narrower
        raise pulumi.RunError(str(error).partition(" returned an error: ")[2] or str(error)) from None
    level = recorded.get("level")
    return Progress(settings.found if level is None else int(level), int(recorded["number"]))


def command(phase: int, stack: str) -> str:
    """What to type for a step."""
    return f"pulumi config set phase {phase} --stack {stack} && pulumi up --stack {stack}"


def refusal(settings: Settings, completed: int, stack: str, moment: datetime) -> str | None:
    """Why an update may not go on, with what to do; None if it may."""
    following = min(completed + 1, settings.goal)
    if not settings.stepping and settings.goal != completed:
        return (
            f"{PROJECT}:phase is not set, and {stack} has completed phase {completed}; "
            f"take the next step with `{command(following, stack)}`"
        )
    if settings.phase > following:
        return (
            f"{PROJECT}:phase is {settings.phase}, and {stack} has completed phase {completed}; an update "
            f"moves one phase forward: `{command(following, stack)}`"
        )
    window = settings.update_window
    # Going back is what mends an emergency, so it waits for no window.
    if settings.hosted and window and settings.phase >= completed and not window.holds(moment):
        return (
            f"{stack} may be updated {window.text}, and it is {moment:%a %H:%M} UTC; wait until then, "
            f"or change {PROJECT}:updateWindow"
        )
    return None
