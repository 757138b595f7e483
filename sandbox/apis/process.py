"""The stand-ins' process: is it up, start it, stop it. Knows nothing of what it serves."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from sandbox.errors import SandboxError
from sandbox.layout import PROJECT, Layout, write_private

START_SECONDS = 30.0
STOP_SECONDS = 10.0


class Apis(NamedTuple):
    """How the stand-ins are reached."""

    port: int
    token: str

    def __repr__(self) -> str:
        return f"Apis(port {self.port})"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


class _Running(NamedTuple):
    pid: int
    port: int


def running(layout: Layout) -> Apis | None:
    """How to reach this project's stand-ins if they are up."""
    found = _running(layout)
    return Apis(found.port, token(layout)) if found else None


def start(layout: Layout) -> Apis:
    """The stand-ins, up. Call under the sandbox's lock."""
    if up := running(layout):
        return up
    import subprocess  # slow to import, and not needed while all is well

    token(layout)
    with log_of(layout).open("wb") as log:
        # It leaves its parent by itself once it serves, so this returns then.
        done = subprocess.run(
            [sys.executable, "-m", "sandbox.apis", str(layout.root)],
            cwd=PROJECT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            timeout=START_SECONDS,
            check=False,
        )
    up = running(layout)
    if done.returncode or up is None:
        raise SandboxError(
            f"The sandbox's APIs didn't start: {_last_line(layout)}. Their log: {log_of(layout)}"
        )
    return up


def stop(layout: Layout) -> bool:
    """Stops the process; False when it wasn't up. Call under the sandbox's lock."""
    found = _running(layout)
    if found is None:
        return False
    for request in (signal.SIGTERM, signal.SIGKILL):
        _signal(found.pid, request)
        deadline = time.monotonic() + STOP_SECONDS
        while time.monotonic() < deadline:
            if not _is_locked(layout):
                return True
            time.sleep(0.02)
    raise SandboxError(f"The sandbox's APIs (process {found.pid}) didn't stop. Their log: {log_of(layout)}")


def token(layout: Layout) -> str:
    """What whoever asks them must show; the same in every run."""
    path = layout.apis / "token"
    if not path.exists():
        import secrets  # slow to import, and needed once

        layout.apis.mkdir(mode=0o700, exist_ok=True)
        # In the form that Supabase's own tools ask for.
        write_private(path, f"sbp_{secrets.token_hex(20)}")
    return path.read_text("utf-8")


def preferred_port(layout: Layout) -> int | None:
    """The port that they had last."""
    try:
        return int(json.loads(_record(layout).read_text("utf-8"))["port"])
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


@contextmanager
def alive(layout: Layout) -> Iterator[int]:
    """Marks this process as the one that serves a project, as long as it lives; gives the mark's descriptor.

    A lock tells more than a number in a file: it ends with its process, even a killed one, is never given to
    another one, and isn't copied with a project's folder.
    """
    with _mark(layout).open("w") as handle:
        deadline = time.monotonic() + STOP_SECONDS
        while not _taken(handle.fileno()):
            if time.monotonic() > deadline:
                raise SandboxError("The sandbox's APIs are up already")
            time.sleep(0.01)  # somebody looks whether there is one
        # Whoever finds the mark taken must not take the last process' record for this one's.
        _write_record(layout, None, preferred_port(layout))
        yield handle.fileno()


def record(layout: Layout, port: int) -> None:
    """Tells on which port this process serves."""
    _write_record(layout, os.getpid(), port)


def log_of(layout: Layout) -> Path:
    """Where the process writes what it has to say."""
    return layout.directory / "apis.log"


def abandoned(layout: Layout, mark: int) -> bool:
    """Whether the project's folder is gone, or is another one by now."""
    try:
        return not os.path.samestat(_mark(layout).stat(), os.fstat(mark))
    except OSError:
        return True


def _running(layout: Layout) -> _Running | None:
    if not _is_locked(layout):
        return None
    try:
        known = json.loads(_record(layout).read_text("utf-8"))
        return _Running(int(known["pid"]), int(known["port"]))
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None  # it holds the mark, and hasn't told its port yet


def _write_record(layout: Layout, pid: int | None, port: int | None) -> None:
    write_private(_record(layout), json.dumps({"pid": pid, "port": port}))


def _is_locked(layout: Layout) -> bool:
    try:
        with _mark(layout).open("rb") as handle:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        return False
    return False


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _signal(pid: int, number: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def _last_line(layout: Layout) -> str:
    lines = log_of(layout).read_text("utf-8", "replace").split("\n")
    return next((line.strip().rstrip(".") for line in reversed(lines) if line.strip()), "it logged nothing")


def _mark(layout: Layout) -> Path:
    return layout.apis / "alive"


def _record(layout: Layout) -> Path:
    return layout.apis / "server.json"
