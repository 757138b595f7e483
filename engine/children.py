"""Child processes, which may be started before it is known what they are to do.

Starting Python and importing the SDK takes longer than all that the engine does before it needs its children:
they start first, and are told their task over stdin. That pipe stays open as their lifeline, see
`engine/child.py`. This module imports nothing that is slow.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

CHILD = Path(__file__).resolve().parent / "child.py"
LINE_LIMIT = 4 * 1024 * 1024
GRACE_SECONDS = 5.0


class Child:
    """One process, in a session of its own: ^C reaches the engine alone, which then decides."""

    def __init__(self, python: Path, role: str, path: Path) -> None:
        self._process = subprocess.Popen(
            [str(python), str(CHILD), role, str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        self._transports: list[asyncio.ReadTransport] = []

    @property
    def pid(self) -> int:
        return self._process.pid

    async def begin(
        self, arguments: Sequence[str], environment: Mapping[str, str], cwd: Path
    ) -> tuple[asyncio.StreamReader, asyncio.StreamReader]:
        """Tell the process its task; returns its output and its errors."""
        task = {"arguments": list(arguments), "environment": dict(environment), "cwd": str(cwd)}
        assert self._process.stdin is not None
        # One that has died already tells why on stderr, which is read below.
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(json.dumps(task).encode() + b"\n")
            self._process.stdin.flush()
        return await self._reader(self._process.stdout), await self._reader(self._process.stderr)

    async def _reader(self, pipe: object) -> asyncio.StreamReader:
        reader = asyncio.StreamReader(limit=LINE_LIMIT)
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), pipe
        )
        self._transports.append(transport)
        return reader

    async def wait(self, timeout: float | None = None) -> int | None:
        """The exit code, or None when the process has not ended after `timeout` seconds."""
        try:
            return await asyncio.to_thread(self._process.wait, timeout)
        except subprocess.TimeoutExpired:
            return None

    async def stop(self) -> None:
        """SIGINT, SIGTERM, SIGKILL, each after the last one had its time."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
            if self._process.poll() is None:
                self._process.send_signal(number)
                await self.wait(GRACE_SECONDS)
        for transport in self._transports:
            transport.close()
        self.abandon()

    def abandon(self) -> None:
        """Close the lifeline: a process that has no task yet ends by itself."""
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(GRACE_SECONDS)


@dataclass
class Nursery:
    """Children that were started ahead, by role and by what they are to run."""

    python: Path
    _ahead: dict[tuple[str, Path], list[Child]] = field(default_factory=dict)

    def prepare(self, role: str, path: Path) -> None:
        """Start a child that will most likely be wanted, for the file or folder that it is to run."""
        self._ahead.setdefault((role, path), []).append(Child(self.python, role, path))

    def take(self, role: str, path: Path) -> Child:
        ahead = self._ahead.get((role, path))
        return ahead.pop() if ahead else Child(self.python, role, path)

    def close(self) -> None:
        """End those that nobody took."""
        for children in self._ahead.values():
            for child in children:
                child.abandon()
        self._ahead.clear()


async def pump_lines(stream: asyncio.StreamReader, report: Callable[[str], None]) -> None:
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
