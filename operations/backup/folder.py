"""A backup's folder: private, whole or not there, and the last one found by the names people know."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from components.archive import MANIFEST, TIME, Archive, Manifest, described
from operations.errors import OperationError


@dataclass
class New:
    """A backup that is being taken."""

    folder: Path
    final: Path
    restored: dict[str, int] = field(default_factory=dict)
    """What has come back, told by who restores it."""


@contextmanager
def taking(archive: Archive, part: str, project: str) -> Iterator[New]:
    """A new folder that becomes a backup if all goes well, and is gone otherwise."""
    before = os.umask(0o077)
    try:
        new = _begin(archive, part)
        try:
            yield new
            _finish(archive, new, project)
        except BaseException:
            shutil.rmtree(new.folder, ignore_errors=True)
            raise
    except OSError as error:
        raise OperationError(
            f"the backup can't be written: {error}; set voip-accelerator-infra:backupFolder"
        ) from None
    finally:
        os.umask(before)


def keep_newest(archive: Archive, part: str, number: int) -> None:
    """Remove the backups of a part that are older than its last ones."""
    for old in archive.all(part)[number:]:
        shutil.rmtree(old.folder)


def _begin(archive: Archive, part: str) -> New:
    archive.place(part).mkdir(parents=True, exist_ok=True)
    # Whatever the folder is called: what lies in it is nobody's to commit.
    (archive.folder / ".gitignore").write_text("*\n", "utf-8")
    final = archive.place(part) / datetime.now(UTC).strftime(TIME)
    folder = final.with_name(f".{final.name}.{os.getpid()}.new")
    folder.mkdir()
    return New(folder, final)


def _finish(archive: Archive, new: New, project: str) -> None:
    manifest = Manifest(
        environment=archive.environment,
        project=project,
        files=described(new.folder),
        restored=new.restored,
    )
    (new.folder / MANIFEST).write_bytes(msgspec.json.format(msgspec.json.encode(manifest)) + b"\n")
    new.folder.rename(new.final)
    for path in sorted(new.final.iterdir()):
        if path.name != MANIFEST:
            _link(archive.folder / path.name, path)


def _link(link: Path, path: Path) -> None:
    """Let a name lead to the last backup; a file of somebody's own under it is left alone."""
    if link.exists() and not link.is_symlink():
        return
    new = link.with_name(f".{link.name}.{os.getpid()}.new")
    new.unlink(missing_ok=True)
    new.symlink_to(path.relative_to(link.parent))
    new.replace(link)
