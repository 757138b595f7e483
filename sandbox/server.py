"""The Postgres process: is it up, start it, stop it. Knows nothing of what is in it."""

from __future__ import annotations

import os
import signal
import socket
import time
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.errors import SandboxError
from sandbox.layout import Layout

if TYPE_CHECKING:
    from sandbox.installation import Installation

CONF = Path(__file__).parent / "conf"

# Below the ports that systems hand out for outgoing connections, so that a free one tends to stay free.
FIRST_PORT, PORTS = 25432, 2000
START_SECONDS = 30.0
STOP_SECONDS = 20.0
LOG_LIMIT_BYTES = 10_000_000


def running_port(layout: Layout) -> int | None:
    """The port of this project's server if it is up and takes connections, else None."""
    found = _postmaster(layout.data)
    if found is None or not _accepts(found[1]):
        return None
    return found[1]


def start(layout: Layout, installation: Installation, preferred_port: int | None) -> int:
    """Starts the server on the preferred port, or a free one; returns it when connections are taken."""
    _forget_stale_postmaster(layout.data)
    for name in ("postgresql.conf", "pg_hba.conf"):
        (layout.data / name).write_text((CONF / name).read_text())
    deadline = time.monotonic() + START_SECONDS
    while True:
        running = running_port(layout)
        if running:
            return running
        port = free_port(layout, preferred_port)
        failure = _launch(layout, installation, port)
        if failure is None:
            return port
        if time.monotonic() > deadline or not _passes_with_time(failure):
            raise SandboxError(
                f"Postgres didn't start: {_reason(failure)}. Its log: {layout.log}. "
                "If its files are damaged, make them anew: python -m sandbox reset"
            )
        time.sleep(0.2)


def stop(layout: Layout) -> bool:
    """Stops the server, ending its sessions; False when it wasn't up."""
    pid = _live_postmaster_pid(layout.data)
    if pid is None:
        return False
    for request in (signal.SIGINT, signal.SIGQUIT):
        os.kill(pid, request)
        deadline = time.monotonic() + STOP_SECONDS
        while time.monotonic() < deadline:
            if _live_postmaster_pid(layout.data) is None:
                return True
            time.sleep(0.02)
    raise SandboxError(
        f"Postgres (process {pid}) didn't stop within {2 * STOP_SECONDS:.0f} s. Its log: {layout.log}"
    )


def free_port(layout: Layout, preferred: int | None) -> int:
    """The preferred port if nothing listens there, else a free one from where this project's own begin."""
    offset = int(layout.digest, 16) % PORTS
    own = [FIRST_PORT + (offset + step) % PORTS for step in range(PORTS)]
    for port in [preferred, *own] if preferred else own:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise SandboxError(
        f"No port from {FIRST_PORT} to {FIRST_PORT + PORTS - 1} is free on 127.0.0.1. Free one."
    )


def _launch(layout: Layout, installation: Installation, port: int) -> str | None:
    """None once the server takes connections, else what it logged."""
    too_long = layout.log.exists() and layout.log.stat().st_size > LOG_LIMIT_BYTES
    with layout.log.open("wb" if too_long else "ab") as log:
        begin = log.tell()
        # pg_ctl puts the server into a session of its own, so that it outlives this command and its terminal.
        # The log is opened here and inherited: the account that runs Postgres may not enter this folder.
        code, _ = installation.run(
            *("pg_ctl", "start", "--silent", "--wait", f"--timeout={START_SECONDS:.0f}"),
            *("--pgdata", str(layout.data), "--options", f"-p {port}"),
            output=log.fileno(),
        )
    if code == 0:
        return None
    return layout.log.read_bytes()[begin:].decode(errors="replace")


def _reason(failure: str) -> str:
    """What the server itself said last; pg_ctl's own lines only point to the log."""
    lines = [line for line in failure.splitlines() if not line.startswith(("pg_ctl:", "Examine the log"))]
    fatal = [line.partition("FATAL:")[2].strip() for line in lines if "FATAL:" in line]
    return (fatal or lines or ["it logged nothing"])[-1].rstrip(".")


def _passes_with_time(failure: str) -> bool:
    return any(
        sign in failure
        for sign in (
            "could not create any TCP/IP sockets",  # the port was taken since it was found free
            "pre-existing shared memory block is still in use",  # a killed server's children are still ending
            'lock file "postmaster.pid" already exists',  # the start of a killed command is under way
        )
    )


def _postmaster(data: Path) -> tuple[int, int] | None:
    """Process and port of a server that has reported itself ready on this data directory."""
    pid = _live_postmaster_pid(data)
    if pid is None:
        return None
    lines = _pid_file(data)
    ready = len(lines) >= 8 and lines[7].strip() == "ready"
    return (pid, int(lines[3])) if ready else None


def _live_postmaster_pid(data: Path) -> int | None:
    pid = _first_number(data)
    return pid if pid is not None and _serves(pid, data) else None


def _first_number(data: Path) -> int | None:
    lines = _pid_file(data)
    return int(lines[0]) if lines and lines[0].strip().isdecimal() else None


def _pid_file(data: Path) -> list[str]:
    try:
        return (data / "postmaster.pid").read_text().splitlines()
    except (FileNotFoundError, NotADirectoryError):
        return []


def _serves(pid: int, data: Path) -> bool:
    """Whether the process is a server on this very data directory.

    A number alone proves nothing: it may have been given to another process since, and a copied project
    folder holds the pid file of the original's server.
    """
    if not _exists(pid):
        return False
    if Path("/proc/self").exists():
        return _works_in(Path(f"/proc/{pid}"), data)
    import subprocess  # slow to import, and needed on macOS alone

    listed = subprocess.run(
        ["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return str(data) in listed.stdout


def _works_in(process: Path, data: Path) -> bool:
    try:
        return (process / "cwd").samefile(data)
    except OSError:
        return False


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _forget_stale_postmaster(data: Path) -> None:
    if not (data / "postmaster.pid").exists() or _live_postmaster_pid(data) is not None:
        return
    # A dead process' file is left to Postgres, which checks by it that no child of that server still runs. It
    # refuses to start, though, while the number belongs to another process, or to a dead one not yet reaped.
    pid = _first_number(data)
    if pid is None or _exists(pid):
        _await_orphans(data)
        (data / "postmaster.pid").unlink(missing_ok=True)


def _await_orphans(data: Path) -> None:
    """Waits for the children of a killed server: two servers must never share a data directory."""
    deadline = time.monotonic() + STOP_SECONDS
    while any(_works_in(process, data) for process in Path("/proc").glob("[0-9]*")):
        if time.monotonic() > deadline:
            raise SandboxError(
                f"Processes of a killed Postgres still work in {data}. End them and start again."
            )
        time.sleep(0.05)


def _accepts(port: int) -> bool:
    # Not create_connection: to look a name up, which this isn't, it loads the tables of international names.
    with socket.socket() as probe:
        probe.settimeout(2)
        return probe.connect_ex(("127.0.0.1", port)) == 0
