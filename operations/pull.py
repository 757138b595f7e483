"""Bring the sources that a project serves into the folder of functions, where they can be reviewed."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from operations.errors import OperationError
from operations.files import place_below, write_below
from operations.pulumi import stack_config
from operations.target import own_config
from provider.schema.bundle import IMPORT_MAP, SHARED
from provider.supabase.function import plain
from provider.supabase.management import Management
from provider.target import Target, load_target

SHOWN = 5
"""How many files a refusal names."""


def options(parser: argparse.ArgumentParser) -> None:
    """Of its command line."""
    parser.add_argument("slugs", nargs="*", help="of these functions alone")
    parser.add_argument("--stack", required=True)
    parser.add_argument("--overwrite", action="store_true", help="also over files that differ")
    parser.set_defaults(run=lambda options: pull(options.stack, options.slugs, overwrite=options.overwrite))


def pull(stack: str, slugs: Sequence[str], *, overwrite: bool) -> str:
    """Write what a stack's target serves, of some functions or of all; says what was done."""
    return pulled(load_target(own_config(stack_config(stack)), Path.cwd()), slugs, overwrite=overwrite)


def pulled(target: Target, slugs: Sequence[str], *, overwrite: bool) -> str:
    """Write what a target serves; nothing is written where a file here would be lost by it."""
    management = Management(target)
    try:
        served, packed = _served(management, slugs)
    finally:
        management.close()
    changed = _changed(target.functions, served)
    if changed and not overwrite:
        raise OperationError(
            f"{len(changed)} files here are not as {target} serves them ({', '.join(changed[:SHOWN])}); "
            "commit them, then add --overwrite to review what differs with `git diff`"
        )
    for path, content in served.items():
        write_below(target.functions, path, content)
    return "\n".join(_told(len(served), len(changed), packed))


def _served(management: Management, slugs: Sequence[str]) -> tuple[dict[str, bytes], list[str]]:
    """All files by their paths here, and the functions of which the API hands out none."""
    live = management.functions()
    if unknown := sorted(set(slugs) - live.keys()):
        raise OperationError(
            f"the project serves no {', '.join(unknown)}; it serves {', '.join(sorted(live))}"
        )
    files: dict[str, bytes] = {}
    packed = []
    for slug in sorted(slugs or live):
        found = management.sources(slug)
        if found is None:
            packed.append(slug)
            continue
        for path, content in found.files.items():
            here = _here(slug, plain(path) or path)
            if files.setdefault(here, content) != content:
                raise OperationError(
                    f"{slug} is served with another {here} than one before it; pull them one at a time"
                )
    return files, packed


def _here(slug: str, path: str) -> str:
    """The path below the folder of functions: what has no place there yet goes to its function."""
    first = PurePosixPath(path).parts[:1]
    return path if first in {(slug,), (SHARED,), (IMPORT_MAP,), ("/",), ("..",), ()} else f"{slug}/{path}"


def _changed(folder: Path, served: dict[str, bytes]) -> list[str]:
    places = {path: place_below(folder, path) for path in served}
    return [path for path, place in places.items() if place.exists() and place.read_bytes() != served[path]]


def _told(files: int, changed: int, packed: Sequence[str]) -> Iterator[str]:
    yield f"Wrote {files} files below functions/, {changed} of them over others; `git status` lists them."
    if packed:
        yield f"The API hands out no sources of {', '.join(packed)}: get them where they were deployed."
