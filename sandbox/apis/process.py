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
from typing import Any, NamedTuple

from sandbox.edge import deno
from sandbox.errors import SandboxError
from sandbox.layout import PROJECT, Layout, write_private

START_SECONDS = 120.0
STOP_SECONDS = 10.0


class Apis(NamedTuple):
    """How the stand-ins are reached."""

    port: int
    token: str
    edge: int | None
    """The port on which functions are served; None where they aren't."""

    def __repr__(self) -> str:
        return f"Apis(port {self.port})"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def api_url(self, ref: str) -> str:
        """Where a project's functions and Auth are; empty where nobody serves them."""
        return f"http://127.0.0.1:{self.edge}/{ref}" if self.edge else ""


class _Running(NamedTuple):
    pid: int
    port: int
    edge: int | None
    served_by: str | None


def running(layout: Layout) -> Apis | None:
    """How to reach this project's stand-ins if they are up."""
    found = _running(layout)
    return Apis(found.port, token(layout), found.edge) if found else None


def complete(layout: Layout) -> Apis | None:
    """The same, unless another Deno than the one they found would serve the functions now."""
    found = _running(layout)
    return running(layout) if found and found.served_by == _deno() else None


def start(layout: Layout) -> Apis:
    """The stand-ins, up. Call under the sandbox's lock."""
    if up := complete(layout):
        return up
    stop(layout)
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


def kill(layout: Layout) -> bool:
    """Ends the process without a word, for who wants to see what comes of that; False when it wasn't up."""
    found = _running(layout)
    if found:
        _signal(found.pid, signal.SIGKILL)
    return found is not None


def token(layout: Layout) -> str:
    """What whoever asks them must show; the same in every run."""
    path = layout.apis / "token"
    if not path.exists():
        import secrets  # slow to import, and needed once

        layout.apis.mkdir(mode=0o700, exist_ok=True)
        # In the form that Supabase's own tools ask for.
        write_private(path, f"sbp_{secrets.token_hex(20)}")
    return path.read_text("utf-8")


def preferred_ports(layout: Layout) -> tuple[int | None, int | None]:
    """The ports that they had last, the functions' after their own."""
    known = _known(layout)
    return known.get("port"), known.get("edge")


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
        _write(layout, {**_known(layout), "pid": None})
        yield handle.fileno()


def record(layout: Layout, port: int, edge: int | None) -> None:
    """Tells on which ports this process serves."""
    _write(layout, {"pid": os.getpid(), "port": port, "edge": edge, "served_by": _deno()})


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
    known = _known(layout)
    if not known.get("pid"):
        return None  # it holds the mark, and hasn't told its ports yet
    return _Running(known["pid"], known["port"], known.get("edge"), known.get("served_by"))


def _deno() -> str | None:
    found = deno.find()
    return str(found) if found else None


def _known(layout: Layout) -> dict[str, Any]:
    try:
        known = json.loads(_record(layout).read_text("utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _write(layout: Layout, known: dict[str, Any]) -> None:
    write_private(_record(layout), json.dumps(known))


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
