"""Files whose names somebody else has chosen."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from operations.errors import OperationError


def place_below(folder: Path, path: str) -> Path:
    """Where a file lies below a folder; refused where its name leads out of it."""
    parts = PurePosixPath(path).parts
    if not parts or path.startswith("/") or ".." in parts:
        raise OperationError(
            f"a function has the file {path!r}, which leads out of {folder.name}/; remove it there"
        )
    return folder / path


def write_below(folder: Path, path: str, content: bytes) -> None:
    """Write a file below a folder, with the folders on its way."""
    place = place_below(folder, path)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(content)
