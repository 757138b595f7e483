"""Which files are deployed as a function, and the digest that tells one set of them from another."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

Files = Mapping[str, bytes]
"""Contents by path, relative to the folder of all functions."""

SHARED = "_shared"
IMPORT_MAP = "deno.json"
ENTRYPOINT = "index.ts"


def bundle(functions: Path, slug: str, shared: Files | None = None) -> Files:
    """A function's own files, what all share, and the import map; none where there is no such function.

    Who bundles many reads what they share once, and gives it.

    All that is shared goes with each function, used or not: to follow the imports would take a parser that
    agrees with the platform's, and one file too few breaks what one too many doesn't.
    """
    if not (functions / slug / ENTRYPOINT).is_file():
        return {}
    return {**_read(functions, slug), **(shared_files(functions) if shared is None else shared)}


def shared_files(functions: Path) -> Files:
    """What goes with every function."""
    return {**_read(functions, SHARED), IMPORT_MAP: (functions / IMPORT_MAP).read_bytes()}


def _read(functions: Path, folder: str) -> dict[str, bytes]:
    found = (path for path in (functions / folder).rglob("*") if path.is_file() and _is_served(path))
    return {path.relative_to(functions).as_posix(): path.read_bytes() for path in found}


def digest(files: Files) -> str:
    """One name for a set of files: the same wherever they lie and in whatever order they come."""
    result = hashlib.sha256()
    for path in sorted(files):
        result.update(f"{path}\0{len(files[path])}\0".encode() + files[path])
    return result.hexdigest()


def _is_served(path: Path) -> bool:
    return not path.name.startswith(".") and not path.stem.endswith("_test")
