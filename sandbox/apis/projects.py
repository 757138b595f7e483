"""What the stand-ins hold of each project: one file for each, and the bundles that all share.

Files alone: a command copies or drops a project whether or not the server is up, every process sees the same,
and a killed server has nothing to lose.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import time
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Literal

import msgspec

from sandbox.errors import SandboxError
from sandbox.layout import Layout, write_private

Files = Mapping[str, bytes]
"""The content of each file of a bundle, by its path relative to where the bundle was made."""


class BundleError(Exception):
    """Files that can't be served as a function; the text is the API's answer."""


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """What a deployment brings: the bundle, and how it is to be run."""

    entrypoint_path: str
    import_map_path: str | None = None
    verify_jwt: bool = True
    bundle: str
    """The name of the bundle: a SHA-256 digest."""


class Function(msgspec.Struct, frozen=True, kw_only=True):
    """One version of a function."""

    id: str
    slug: str
    name: str
    status: Literal["ACTIVE", "REMOVED", "THROTTLED"] = "ACTIVE"
    version: int
    created_at: int
    """Milliseconds, as the API tells it."""
    updated_at: int
    source: Source


class Secret(msgspec.Struct, frozen=True):
    """A secret that all functions of a project find in their environment."""

    value: str
    updated_at: int

    def __repr__(self) -> str:
        return "Secret(…)"

    @property
    def digest(self) -> str:
        """What the API tells in place of the value."""
        return hashlib.sha256(self.value.encode()).hexdigest()


class Project(msgspec.Struct, kw_only=True):
    """All that is deployed in one project."""

    ref: str
    name: str
    region: str
    created_at: int
    jwt_secret: str
    """Signs the tokens of its users."""
    functions: dict[str, Function] = {}
    bundled: dict[str, Function] = {}
    """Versions that were bundled and not activated yet."""
    secrets: dict[str, Secret] = {}
    config: dict[str, str] = {}
    """What a stack's config would hold of this project's secrets, by its keys."""

    def __repr__(self) -> str:
        return f"Project({self.ref})"

    def deploy(self, slug: str, name: str | None, source: Source) -> Function:
        """Make a new version the one that is served."""
        self.functions[slug] = self._next(slug, name, source)
        self.bundled.pop(slug, None)
        return self.functions[slug]

    def bundle(self, slug: str, name: str | None, source: Source) -> Function:
        """Keep a new version beside the one that is served."""
        self.bundled[slug] = self._next(slug, name, source)
        return self.bundled[slug]

    def _next(self, slug: str, name: str | None, source: Source) -> Function:
        live = self.functions.get(slug)
        now = milliseconds()
        return Function(
            id=live.id if live else str(uuid.uuid4()),
            slug=slug,
            name=name or (live.name if live else slug),
            version=live.version + 1 if live else 1,
            created_at=live.created_at if live else now,
            updated_at=now,
            source=source,
        )


class Projects:
    """The projects of one sandbox."""

    def __init__(self, layout: Layout) -> None:
        self._projects = layout.apis / "projects"
        self._bundles = layout.apis / "bundles"

    def refs(self) -> Iterator[str]:
        """Every project's ref."""
        yield from sorted(path.stem for path in self._projects.glob("*.json"))

    def read(self, ref: str) -> Project | None:
        """A project as it is now."""
        try:
            return msgspec.json.decode(self._file(ref).read_bytes(), type=Project)
        except FileNotFoundError:
            return None
        except ValueError as error:
            raise SandboxError(
                f"{self._file(ref)} is damaged ({error}). Run: python -m sandbox reset"
            ) from None

    def write(self, project: Project) -> None:
        """Replace a project at once; whoever reads meanwhile finds the old or the new one, whole."""
        self._projects.mkdir(parents=True, exist_ok=True)
        write_private(self._file(project.ref), msgspec.json.encode(project).decode())

    def remove(self, ref: str) -> None:
        """Forget a project."""
        self._file(ref).unlink(missing_ok=True)

    def keep(self, files: Files) -> str:
        """Keep the files of a bundle; returns its name, which is the same for the same files."""
        name = _digest(files)
        place = self._bundles / name
        if not place.exists():
            new = place.with_name(f"{name}.{os.getpid()}.new")
            shutil.rmtree(new, ignore_errors=True)
            for path, content in files.items():
                (new / path).parent.mkdir(parents=True, exist_ok=True)
                (new / path).write_bytes(content)
            new.rename(place)
        return name

    def files(self, bundle: str) -> Files:
        """The files of a bundle."""
        place = self._bundles / bundle
        found = sorted(path for path in place.rglob("*") if path.is_file())
        return {path.relative_to(place).as_posix(): path.read_bytes() for path in found}

    def _file(self, ref: str) -> Path:
        return self._projects / f"{ref}.json"


def plain_path(path: str) -> str:
    """A file's path within its bundle; refuses one that leads out of it."""
    parts = PurePosixPath(path).parts
    if not parts or path.startswith("/") or ".." in parts or "\0" in path or "\\" in path:
        raise BundleError(f"The path {path!r} leads out of the function's folder")
    return "/".join(parts)


def milliseconds() -> int:
    """The time as the API tells it."""
    return time.time_ns() // 1_000_000


def _digest(files: Files) -> str:
    digest = hashlib.sha256()
    for path in sorted(files):
        content = files[path]
        digest.update(f"{path}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()
