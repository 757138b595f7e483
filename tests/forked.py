"""The engine and its children, forked from processes that have imported what they need: see `zygote.py`.

Each is a process of its own that runs what it runs otherwise. To start Python and to import the SDK would
take most of the time of the hundreds of commands that the tests run.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from threading import Lock
from types import SimpleNamespace
from typing import IO, Any
from unittest import mock

from engine import children

ZYGOTE = Path(__file__).with_name("zygote.py")
ROLES = ("program", "provider")


class Forked:
    """A process, with what the engine uses of a Popen; what it is given of files is closed here."""

    def __init__(
        self, role: str, words: Sequence[str], environment: Mapping[str, str], cwd: Path, files: Sequence[int]
    ) -> None:
        self._ended: int | None = None
        self._waiting = Lock()
        self._link, its_link = socket.socketpair()
        theirs = [its_link.detach(), *files]
        socket.send_fds(zygote(role)[0], [b"."], theirs)
        for descriptor in theirs:
            os.close(descriptor)
        task = {"words": words, "environment": dict(environment), "cwd": str(cwd)}
        self._link.sendall(json.dumps(task).encode() + b"\n")
        self._told = self._link.makefile("rb", buffering=0)
        self.pid = int(self._told.readline())

    def wait(self, timeout: float | None = None) -> int:
        with self._waiting:
            if self._ended is None:
                if not select.select([self._link], [], [], timeout)[0]:
                    raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
                self._ended = int(self._told.readline())
                self._told.close()
                self._link.close()
            return self._ended

    def poll(self) -> int | None:
        try:
            return self.wait(0)
        except subprocess.TimeoutExpired:
            return None

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)


class Child(Forked):
    """One of the engine's."""

    def __init__(self, role: str, path: str) -> None:
        (its_input, self.stdin), (self.stdout, its_output), (self.stderr, its_errors) = _pipes()
        words = [str(children.CHILD), role, path]
        super().__init__(role, words, os.environ, Path.cwd(), [its_input, its_output, its_errors])


def run(
    words: Sequence[str], environment: Mapping[str, str], cwd: Path, timeout: float
) -> tuple[int, str, str]:
    """What `pulumi WORDS` ended with, printed and complained of."""
    with tempfile.TemporaryFile() as printed, tempfile.TemporaryFile() as complaints:
        files = [os.open(os.devnull, os.O_RDONLY), os.dup(printed.fileno()), os.dup(complaints.fileno())]
        engine = Forked("engine", ["pulumi", *words], environment, cwd, files)
        try:
            code = engine.wait(timeout)
        finally:
            engine.send_signal(signal.SIGKILL)
        return code, _all_of(printed), _all_of(complaints)


def _all_of(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode()


def _pipes() -> Iterator[tuple[Any, Any]]:
    """stdin, stdout and stderr, each as the reader's end and the writer's."""
    reader, writer = os.pipe()
    yield reader, open(writer, "wb")  # noqa: PTH123, SIM115  a descriptor, which the engine closes
    for _ in range(2):
        reader, writer = os.pipe()
        yield open(reader, "rb"), writer  # noqa: PTH123, SIM115


@cache
def zygote(role: str) -> tuple[socket.socket, subprocess.Popen[bytes]]:
    """The role's zygote and a socket to it, with which it ends."""
    ours, its = socket.socketpair()
    # Two programs of one length, written within a second, share their bytecode otherwise.
    # What gRPC's core logs is settled when it is imported, which is before the engine could.
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "GRPC_VERBOSITY": "NONE"}
    with its:
        command = [sys.executable, str(ZYGOTE), role]
        return ours, subprocess.Popen(command, stdin=its.fileno(), env=environment, start_new_session=True)


def _popen(command: Sequence[str], **options: Any) -> Any:
    python, script, role, path = command
    ours = Path(python).parent.resolve() == Path(sys.executable).parent.resolve()
    forks = ours and script == str(children.CHILD) and role in ROLES
    return Child(role, path) if forks else subprocess.Popen[bytes](command, **options)


@contextmanager
def forking() -> Iterator[None]:
    """Whatever child the engine starts meanwhile, in this process, is forked."""
    seen = SimpleNamespace(Popen=_popen, PIPE=subprocess.PIPE, TimeoutExpired=subprocess.TimeoutExpired)
    with mock.patch.object(children, "subprocess", seen):
        yield
