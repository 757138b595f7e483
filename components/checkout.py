"""The files of an application's checkout, and by what they are told from those of another time."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

_MADE = frozenset({".git", "node_modules", ".venv", "__pycache__"})
"""Folders of which nothing is the application's own, where Git can't tell."""


def files(checkout: Path) -> list[Path]:
    """Every file of the checkout: what Git knows or would take, else all but what tools bring. No links."""
    found = sorted(_of_git(checkout) if commit(checkout) else _walked(checkout))
    return [path for path in found if path.is_file() and not path.is_symlink()]


def commit(checkout: Path) -> str | None:
    """The commit that is checked out, or None where there is no Git or no commit."""
    told = _git(checkout, "rev-parse", "HEAD")
    return told.decode().strip() if told else None


def digest(checkout: Path) -> str:
    """SHA-256 of all files with their paths."""
    told = hashlib.sha256()
    for path in files(checkout):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        told.update(f"{content} {path.relative_to(checkout).as_posix()}\n".encode())
    return told.hexdigest()


def _of_git(checkout: Path) -> Iterator[Path]:
    listed = _git(checkout, "ls-files", "-z", "--cached", "--others", "--exclude-standard") or b""
    for name in filter(None, listed.split(b"\0")):
        path = checkout / name.decode()
        # A repository within, whose files are its own to list.
        yield from files(path) if path.is_dir() and not path.is_symlink() else [path]


def _walked(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            yield from _walked(path) if path.name not in _MADE else []
        else:
            yield path


def _git(checkout: Path, *arguments: str) -> bytes | None:
    try:
        done = subprocess.run(["git", "-C", checkout, *arguments], capture_output=True, check=False)
    except OSError:
        return None
    return done.stdout if done.returncode == 0 else None
