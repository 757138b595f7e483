"""Take a backup of a stack's target."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

from components.archive import PARTS, Archive
from operations.backup import database, functions
from operations.backup.folder import keep_newest, taking
from operations.pulumi import stack_config
from operations.target import live
from provider.target import Target
from settings import Settings, load_settings


def options(parser: argparse.ArgumentParser) -> None:
    """Of its command line."""
    parser.add_argument("--stack", required=True)
    parser.add_argument("--part", choices=PARTS, help="of this part alone")
    parser.set_defaults(run=lambda options: backup(options.stack, [options.part] if options.part else PARTS))


def backup(stack: str, parts: Sequence[str] = PARTS) -> str:
    """Take and restore the parts of a backup; returns what it holds and where it lies."""
    settings = load_settings(config := stack_config(stack))
    with live(config) as planes:
        planes.verify()
        return "\n".join(_taken(settings, planes.target, parts))


def _taken(settings: Settings, target: Target, parts: Sequence[str]) -> Iterator[str]:
    archive = Archive(Path(settings.backup_folder), settings.environment)
    takers = {"database": database.take, "functions": functions.take}
    for part in parts:
        with taking(archive, part, target.project_ref) as new:
            new.restored.update(takers[part](target, new.folder))
        keep_newest(archive, part, settings.backup_keep)
        counts = ", ".join(f"{number} {what}" for what, number in new.restored.items())
        yield f"Took a backup of the {part} and restored it: {counts}. It lies in {new.final}"
