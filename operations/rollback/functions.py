"""Edge functions as they were before: the files that a backup holds, deployed again."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

from components.archive import Archive
from operations.backup.functions import FOLDER, Stored, load
from operations.errors import OperationError
from operations.pulumi import stack_config
from operations.target import live
from provider.schema.bundle import Files, digest
from provider.supabase.function import plain
from provider.supabase.management import LiveFunction, Management
from provider.target import Target
from settings import load_settings


def options(parser: argparse.ArgumentParser) -> None:
    """Of its command line."""
    parser.add_argument("slugs", nargs="+", metavar="SLUG")
    parser.add_argument("--stack", required=True)
    parser.set_defaults(run=lambda options: functions(options.stack, options.slugs))


def functions(stack: str, slugs: Sequence[str]) -> str:
    """Deploy the last versions of functions that are other ones than those served; says what was done."""
    settings = load_settings(config := stack_config(stack))
    with live(config) as planes:
        planes.verify()
        archive = Archive(Path(settings.backup_folder), settings.environment)
        return "\n".join(restore(planes.target, archive, slugs))


def restore(target: Target, archive: Archive, slugs: Sequence[str]) -> Iterator[str]:
    """The same, on a target. All are looked for before the first is deployed."""
    management = Management(target)
    try:
        served = management.functions()
        for slug, (stored, files) in {
            slug: _before(management, archive, served.get(slug), slug) for slug in slugs
        }.items():
            told = management.deploy(
                slug,
                files,
                entrypoint=stored.entrypoint,
                import_map=stored.import_map,
                verify_jwt=stored.verify_jwt,
            )
            yield f"{slug} is what was live as version {stored.version}, deployed as version {told.version}."
    finally:
        management.close()


def _before(
    management: Management, archive: Archive, served: LiveFunction | None, slug: str
) -> tuple[Stored, Files]:
    now = _bundle(management, slug) if served else None
    held = [
        taken.folder / f"{archive.environment}_{FOLDER}" / slug
        for taken in archive.all("functions")
        if taken.damage() is None
    ]
    for place in filter(Path.is_dir, held):
        stored, files = load(place)
        if stored.bundle is None:
            continue  # in the platform's own form, which nobody but it can deploy
        if (stored.bundle, stored.verify_jwt) != (now, served and served.verify_jwt):
            return stored, files
    raise OperationError(
        f"no backup in {archive.place('functions')} has files of {slug} other than those that are served; "
        "deploy it from where it was written"
    )


def _bundle(management: Management, slug: str) -> str | None:
    sources = management.sources(slug)
    return digest({plain(path) or path: text for path, text in sources.files.items()}) if sources else None
