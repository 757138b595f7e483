"""The edge functions that are served: the files of each, and how it is to be deployed again.

    functions/SLUG/function.json    slug, verify_jwt, entrypoint, import_map, version, digest, bundle
    functions/SLUG/files/...        the files, by the paths under which they are deployed

`digest` is what the platform calls the version that was live, `bundle` our own digest of the files. Where the
platform hands out no files, `bundle` is null and `function.eszip` holds what it does hand out.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from operations.errors import OperationError
from operations.files import write_below
from provider.schema.bundle import Files, digest
from provider.supabase.function import plain
from provider.supabase.management import LiveFunction, Management
from provider.target import Target

FOLDER = "functions"
DESCRIPTION = "function.json"
FILES = "files"
PACKED = "function.eszip"


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """One function as it was live."""

    slug: str
    verify_jwt: bool
    entrypoint: str
    import_map: str | None
    version: int
    digest: str | None
    bundle: str | None


def take(target: Target, folder: Path) -> dict[str, int]:
    """Download every function and let the platform bundle it anew; returns how many it could."""
    management = Management(target)
    try:
        places = [
            _store(management, live, folder / f"{target.environment}_{FOLDER}")
            for _, live in sorted(management.functions().items())
        ]
        bundled = sum(_bundles(management, place) for place in places)
    finally:
        management.close()
    return {"functions": len(places), "functions bundled anew": bundled}


def load(place: Path) -> tuple[Stored, Files]:
    """A function from a backup's folder; refused where its files are not those that were stored."""
    try:
        stored = msgspec.json.decode((place / DESCRIPTION).read_bytes(), type=Stored)
    except (OSError, ValueError) as error:
        raise OperationError(f"{place / DESCRIPTION} can't be read: {error}; take another backup") from None
    root = place / FILES
    files = {
        path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()
    }
    if stored.bundle not in {None, digest(files)}:
        raise OperationError(f"{root} does not hold the files that were stored; take another backup")
    return stored, files


def _store(management: Management, live: LiveFunction, folder: Path) -> Path:
    place = folder / live.slug
    place.mkdir(parents=True)
    found = management.sources(live.slug)
    files = {plain(path) or path: content for path, content in found.files.items()} if found else {}
    for path, content in files.items():
        write_below(place / FILES, path, content)
    if found is None:
        (place / PACKED).write_bytes(management.packed(live.slug))
    stored = Stored(
        slug=live.slug,
        verify_jwt=live.verify_jwt is not False,
        entrypoint=plain((found and found.entrypoint) or live.entrypoint_path) or "",
        import_map=_deployable(plain(live.import_map_path), files),
        version=live.version,
        digest=live.ezbr_sha256,
        bundle=digest(files) if found else None,
    )
    (place / DESCRIPTION).write_bytes(msgspec.json.format(msgspec.json.encode(stored)) + b"\n")
    return place


def _deployable(import_map: str | None, files: Files) -> str | None:
    return import_map if import_map in files else None


def _bundles(management: Management, place: Path) -> bool:
    """Whether the platform takes what was stored; it serves what it served before."""
    stored, files = load(place)
    if stored.bundle is None:
        return False
    management.deploy(
        stored.slug,
        files,
        entrypoint=stored.entrypoint,
        import_map=stored.import_map,
        verify_jwt=stored.verify_jwt,
        bundle_only=True,
    )
    return True
