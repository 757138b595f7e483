"""The engine's children, forked from a process that has imported what they need: see `zygote.py`.

Each is a process of its own that runs `engine/child.py` all the same. To start Python and to import the SDK
would take most of the time of the hundreds of commands that the scenarios run.
"""

from __future__ import annotations

import json
import os
import select
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from threading import Lock
from types import SimpleNamespace
from typing import Any
from unittest import mock

from engine import children

ZYGOTE = Path(__file__).with_name("zygote.py")
ROLES = ("program", "provider")


class Forked:
    """A child, with what the engine uses of a Popen."""

    def __init__(self, role: str) -> None:
        (its_input, self.stdin), (self.stdout, its_output), (self.stderr, its_errors) = _pipes()
        self._ended: int | None = None
        self._waiting = Lock()
        self._link, its_link = socket.socketpair()
        theirs = [its_link.detach(), its_input, its_output, its_errors]
        socket.send_fds(_zygote(role)[0], [b"."], theirs)
        for descriptor in theirs:
            os.close(descriptor)
        task = {"environment": dict(os.environ), "cwd": str(Path.cwd())}
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


def _pipes() -> Iterator[tuple[Any, Any]]:
    """stdin, stdout and stderr, each as the reader's end and the writer's."""
    reader, writer = os.pipe()
    yield reader, open(writer, "wb")  # noqa: PTH123, SIM115  a descriptor, which the engine closes
    for _ in range(2):
        reader, writer = os.pipe()
        yield open(reader, "rb"), writer  # noqa: PTH123, SIM115


@cache
def _zygote(role: str) -> tuple[socket.socket, subprocess.Popen[bytes]]:
    """The role's zygote and a socket to it, with which it ends."""
    ours, its = socket.socketpair()
    # Two programs of one length, written within a second, share their bytecode otherwise.
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    with its:
        command = [sys.executable, str(ZYGOTE), role]
        return ours, subprocess.Popen(command, stdin=its.fileno(), env=environment, start_new_session=True)


def _popen(command: Sequence[str], **options: Any) -> Any:
    python, script, role = command
    forks = (python, script) == (sys.executable, str(children.CHILD)) and role in ROLES
    return Forked(role) if forks else subprocess.Popen[bytes](command, **options)


@contextmanager
def forking() -> Iterator[None]:
    """Whatever child the engine starts meanwhile, in this process, is forked."""
    seen = SimpleNamespace(Popen=_popen, PIPE=subprocess.PIPE, TimeoutExpired=subprocess.TimeoutExpired)
    with mock.patch.object(children, "subprocess", seen):
        yield
