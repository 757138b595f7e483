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


def bundle(functions: Path, slug: str) -> Files:
    """A function's own files, what all share, and the import map; none where there is no such function.

    All that is shared goes with each function, used or not: to follow the imports would take a parser that
    agrees with the platform's, and one file too few breaks what one too many doesn't.
    """
    if not (functions / slug / ENTRYPOINT).is_file():
        return {}
    folders = (functions / slug, functions / SHARED)
    found = [path for folder in folders for path in folder.rglob("*") if path.is_file() and _is_served(path)]
    found.append(functions / IMPORT_MAP)
    return {path.relative_to(functions).as_posix(): path.read_bytes() for path in sorted(found)}


def digest(files: Files) -> str:
    """One name for a set of files: the same wherever they lie and in whatever order they come."""
    result = hashlib.sha256()
    for path in sorted(files):
        result.update(f"{path}\0{len(files[path])}\0".encode() + files[path])
    return result.hexdigest()


def _is_served(path: Path) -> bool:
    return not path.name.startswith(".") and not path.stem.endswith("_test")
