"""The backup that the rollout rests on: taken in phase 1, and young enough ahead of every step after it."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pulumi

from components.archive import PARTS, Archive, Taken
from components.steps import Progress
from settings import Settings

TAKEN_IN = 1
"""The phase that takes it. An environment that was found beyond it is none that users wait for."""


class Backup(pulumi.ComponentResource):
    """A command for each part of the backup. It runs once; a younger backup is taken beside Pulumi."""

    name = "backup"

    def __init__(self, stack: str) -> None:
        super().__init__(f"voip:components:{type(self).__name__}", self.name)
        # The SDK's package and its provider's process are a third of what a preview takes: only where needed.
        from pulumi_command.local import Command

        self.commands = [
            Command(
                f"{self.name}/{part}",
                create=f".venv/bin/{command(stack)} --part {part}",
                opts=pulumi.ResourceOptions(parent=self),
            )
            for part in PARTS
        ]
        self.register_outputs({})


def is_due(settings: Settings, progress: Progress) -> bool:
    """Whether the program declares the backup: in the step that takes it, and from then on."""
    reached = settings.stepping or progress.completed >= TAKEN_IN
    return reached and settings.found < TAKEN_IN <= settings.phase


def command(stack: str) -> str:
    """What to type for a backup."""
    return f"python -m operations backup --stack {shlex.quote(stack)}"


def refusal(settings: Settings, completed: int, stack: str, moment: datetime) -> str | None:
    """Why a step may not be taken without a younger backup; None if it may."""
    forward = settings.phase > max(completed, TAKEN_IN)
    if settings.found >= TAKEN_IN or not forward:
        return None
    archive = Archive(Path(settings.backup_folder), settings.environment)
    oldest = moment - timedelta(hours=settings.backup_hours)
    if problem := next(_problems(archive, oldest, settings.backup_hours), None):
        return f"{problem}; take one with `{command(stack)}`, then run the same command again"
    return None


def _problems(archive: Archive, oldest: datetime, hours: int) -> Iterator[str]:
    for part in PARTS:
        taken = archive.newest(part)
        if taken is None or taken.at < oldest:
            yield f"there is no backup of the {part} younger than {hours} hours{_last(taken)}"
        elif damaged := taken.damage():
            yield f"the backup of the {part} of {taken.at:%Y-%m-%d %H:%M} UTC is damaged ({damaged})"


def _last(taken: Taken | None) -> str:
    return f" (the last is of {taken.at:%Y-%m-%d %H:%M} UTC)" if taken else ""
