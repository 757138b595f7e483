"""Start child processes that end with the engine, and end them."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

CHILD = Path(__file__).resolve().parent.parent / "child.py"
LINE_LIMIT = 4 * 1024 * 1024
GRACE_SECONDS = 5.0

LineReport: TypeAlias = Callable[[str], None]


@dataclass(frozen=True)
class Workspace:
    """Where and as what children run."""

    root: Path
    python: Path
    project: str
    program: Path
    """The folder that holds the program's `__main__.py`."""
    plugin_paths: Mapping[str, Path]
    runtime_options: Mapping[str, str]


async def start_child(
    workspace: Workspace, arguments: Sequence[str], environment: Mapping[str, str], cwd: Path | None = None
) -> Process:
    """Run `engine/child.py`, in a session of its own: ^C reaches the engine alone, which then decides."""
    return await asyncio.create_subprocess_exec(
        str(workspace.python),
        str(CHILD),
        *arguments,
        cwd=cwd or workspace.root,
        env={**os.environ, **environment},
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE,
        start_new_session=True,
        limit=LINE_LIMIT,
    )


async def pump_lines(stream: asyncio.StreamReader, report: LineReport) -> None:
    """Hand every line of a child's output on; a line over LINE_LIMIT bytes comes in pieces."""
    while True:
        try:
            line = await stream.readuntil(b"\n")
        except asyncio.IncompleteReadError as end:
            if end.partial:
                report(end.partial.decode(errors="replace"))
            return
        except asyncio.LimitOverrunError as overrun:
            line = await stream.readexactly(overrun.consumed)
        report(line.decode(errors="replace").rstrip("\r\n"))


async def stop_child(process: Process) -> None:
    """SIGINT, SIGTERM, SIGKILL, each after the last one had its time."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        if process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(number)
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(process.wait(), GRACE_SECONDS)
