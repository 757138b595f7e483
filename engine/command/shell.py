"""Run commands as the official plugin does."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

DEFAULT_INTERPRETER = ("/bin/sh", "-c")
_CHUNK = 65536

Log = Callable[[str], Awaitable[None]]
"""Takes one line of a command's output."""


@dataclass(frozen=True)
class Command:
    """What is run, and with what around it; an empty `dir` is the provider's own, the project's."""

    text: str
    interpreter: Sequence[str] = ()
    dir: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    stdin: str = ""
    timeout: float = 0.0
    """Seconds; 0 for none."""

    @property
    def words(self) -> list[str]:
        return [*(self.interpreter or DEFAULT_INTERPRETER), self.text]


@dataclass
class CommandError(Exception):
    """A command did not start or did not succeed; `output` is of both kinds, as it came."""

    why: str
    text: str
    output: str = ""

    def told(self, clean: Callable[[str], str]) -> str:
        """The message, each part of it cleaned before it is quoted."""
        running = json.dumps(clean(self.text), ensure_ascii=False)
        return f"{self.why}: running {running}:\n{clean(self.output)}"


class Shell:
    """All commands of one provider; each has a process group, so that what it started ends with it."""

    def __init__(self) -> None:
        self._running: set[int] = set()
        self._stopped = False

    def stop(self) -> None:
        """Kill what runs, and run nothing more."""
        self._stopped = True
        for group in self._running:
            _kill(group)

    async def run(self, command: Command, log_stdout: Log | None, log_stderr: Log | None) -> tuple[str, str]:
        """What the command wrote to stdout and stderr, each without its last line's end."""
        if self._stopped:
            raise CommandError("canceled", command.text)
        process = await _start(command)
        self._running.add(process.pid)
        if self._stopped:
            _kill(process.pid)
        timer = _kill_later(process.pid, command.timeout)
        both = bytearray()
        try:
            stdout, stderr, _ = await asyncio.gather(
                _pump(process.stdout, both, log_stdout),
                _pump(process.stderr, both, log_stderr),
                _feed(process.stdin, command.stdin),
            )
            code = await process.wait()
        finally:
            self._running.discard(process.pid)
            if timer is not None:
                timer.cancel()
        if code:
            raise CommandError(_outcome(code), command.text, both.decode(errors="replace"))
        return _text(stdout), _text(stderr)


async def _start(command: Command) -> asyncio.subprocess.Process:
    try:
        return await asyncio.create_subprocess_exec(
            *command.words,
            stdin=asyncio.subprocess.PIPE if command.stdin else asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            cwd=command.dir or Path.cwd(),
            env={**os.environ, **command.environment},
            start_new_session=True,
        )
    except OSError as error:
        raise CommandError(f"{error.strerror}: {error.filename}", command.text) from None


def _kill_later(group: int, timeout: float) -> asyncio.TimerHandle | None:
    return asyncio.get_running_loop().call_later(timeout, _kill, group) if timeout else None


def _kill(group: int) -> None:
    # macOS does not allow to signal a group of which only what nobody has waited for is left.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


async def _feed(stdin: asyncio.StreamWriter | None, text: str) -> None:
    if stdin is None:
        return
    # A command need not read all that it is given.
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        stdin.write(text.encode())
        await stdin.drain()
        stdin.close()
        await stdin.wait_closed()


async def _pump(stream: asyncio.StreamReader | None, both: bytearray, log: Log | None) -> bytes:
    assert stream is not None
    whole, line = bytearray(), bytearray()
    while chunk := await stream.read(_CHUNK):
        whole += chunk
        both += chunk
        if log is not None:
            *complete, line = (line + chunk).split(b"\n")
            for text in complete:
                await log(text.decode(errors="replace").removesuffix("\r"))
    if line and log is not None:
        await log(line.decode(errors="replace"))
    return bytes(whole)


def _text(output: bytes) -> str:
    # What is no text can't travel as a property; the command has run, and its object must not get lost.
    return output.decode(errors="replace").removesuffix("\n")


def _outcome(code: int) -> str:
    return f"exit status {code}" if code > 0 else f"signal: {signal.Signals(-code).name}"
