"""Where backups lie, and how one is told from files that merely look like it.

`FOLDER/ENVIRONMENT/PART/TIME/` is one backup. It gets that name, and its manifest, when it has been restored.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec

PARTS = ("database", "functions")
MANIFEST = "backup.json"
TIME = "%Y%m%dT%H%M%S.%fZ"


class File(msgspec.Struct, frozen=True):
    """What a file was when it was written."""

    bytes: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a backup holds, and what restoring it has shown."""

    environment: str
    project: str
    """The reference of the Supabase project."""
    files: Mapping[str, File]
    """By path below the backup's folder."""
    restored: Mapping[str, int]
    """How much of each thing came back when it was restored, and was as it is live."""


@dataclass(frozen=True)
class Taken:
    """One backup of one part."""

    folder: Path
    at: datetime
    manifest: Manifest

    def damage(self) -> str | None:
        """What of its files is not as it was written, or None."""
        for name, wanted in self.manifest.files.items():
            path = self.folder / name
            if not path.is_file():
                return f"{path} is gone"
            if path.stat().st_size != wanted.bytes or sha256(path) != wanted.sha256:
                return f"{path} was changed"
        return None


@dataclass(frozen=True)
class Archive:
    """The backups of one environment."""

    folder: Path
    environment: str

    def place(self, part: str) -> Path:
        """Where the backups of a part lie."""
        return self.folder / self.environment / part

    def all(self, part: str) -> list[Taken]:
        """Every backup of a part, the newest first."""
        return sorted(self._taken(part), key=lambda taken: taken.at, reverse=True)

    def newest(self, part: str) -> Taken | None:
        """The last backup of a part."""
        return next(iter(self.all(part)), None)

    def _taken(self, part: str) -> Iterator[Taken]:
        for file in self.place(part).glob(f"*/{MANIFEST}"):
            try:
                at = datetime.strptime(file.parent.name, TIME).replace(tzinfo=UTC)
                yield Taken(file.parent, at, msgspec.json.decode(file.read_bytes(), type=Manifest))
            except ValueError:
                continue  # somebody's own folder, or one that can't be told for a backup


def described(folder: Path) -> dict[str, File]:
    """Every file below a folder, by its path there."""
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): File(path.stat().st_size, sha256(path)) for path in found}


def sha256(path: Path) -> str:
    """A file's digest."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
