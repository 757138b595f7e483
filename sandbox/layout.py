"""Where the sandbox keeps its files, who owns them, and the lock that its commands take turns by."""

from __future__ import annotations

import fcntl
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from sandbox.errors import SandboxError

PROJECT = Path(__file__).resolve().parent.parent

# Postgres refuses to run as root and its substitute may not enter root's folders, so its files move here.
SHARED_BASE = Path("/var/tmp")  # noqa: S108 - the folder inside it is root's own, which `home` checks


class Layout(NamedTuple):
    """The sandbox's places, given the project's root without links in it."""

    root: Path

    @property
    def directory(self) -> Path:
        return self.root / ".sandbox"

    @property
    def state(self) -> Path:
        return self.directory / "cluster.json"

    @property
    def targets(self) -> Path:
        return self.directory / "targets.json"

    @property
    def log(self) -> Path:
        return self.directory / "postgres.log"

    @property
    def apis(self) -> Path:
        return self.directory / "apis"

    @property
    def digest(self) -> str:
        """Tells one project folder from another: 8 hex digits."""
        return f"{zlib.crc32(os.fsencode(self.root)):08x}"

    @property
    def home(self) -> Path:
        """The folder that holds the data directory, reachable by the account Postgres runs as."""
        if os.geteuid() != 0:
            return self.directory
        return SHARED_BASE / f"voip-sandbox-{self.digest}"

    @property
    def data(self) -> Path:
        return self.home / "postgres"

    def create(self) -> None:
        """Makes the folders. Root's, outside the project, notes the project in a link beside the data."""
        self.directory.mkdir(mode=0o755, exist_ok=True)
        if self.home == self.directory:
            return
        self.home.mkdir(exist_ok=True)
        self._require_own_home()
        self.home.chmod(0o711)  # whatever the umask: the account Postgres runs as passes through
        _link(self.home / "project", self.root)
        self._link_data()

    def _require_own_home(self) -> None:
        # Anybody may create names in SHARED_BASE: a folder (or link) put there by another account is refused.
        found = self.home.lstat()
        if self.home.is_symlink() or found.st_uid != 0 or found.st_mode & 0o022:
            raise SandboxError(
                f"{self.home} is where root's sandbox belongs, but it is uid {found.st_uid}'s, a link, "
                "or open to all. Remove it and start again."
            )

    def _link_data(self) -> None:
        link = self.directory / "postgres"
        if link.exists() and not link.is_symlink():
            raise SandboxError(
                f"{link} was made by uid {link.stat().st_uid} and this is root. "
                "Run the sandbox as that user, or remove .sandbox/ and start again."
            )
        _link(link, self.data)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One sandbox command of a project at a time. The lock ends with its process, even a killed one."""
        self.directory.mkdir(mode=0o755, exist_ok=True)
        with (self.directory / "lock").open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield


def abandoned() -> list[Layout]:
    """Root's sandboxes whose project is gone: nothing else would ever stop and remove them."""
    if os.geteuid() != 0:
        return []
    notes = [home / "project" for home in SHARED_BASE.glob("voip-sandbox-*") if home.lstat().st_uid == 0]
    return [Layout(note.readlink()) for note in notes if note.is_symlink() and not note.exists()]


def _link(link: Path, target: Path) -> None:
    if link.is_symlink() and link.readlink() != target:
        link.unlink()
    if not link.is_symlink():
        link.symlink_to(target)


def write_private(path: Path, text: str) -> None:
    """Replaces a file at once, readable by its owner alone."""
    new = path.with_name(f"{path.name}.{os.getpid()}.new")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as handle:
        handle.write(text)
    new.replace(path)
