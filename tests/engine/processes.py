"""Waiting for what other processes do."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.engine.lifecycle import Project


SECONDS = 120.0
"""After which nothing more is expected to happen; a machine with much to do is slow."""


def wait_for(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not happen within {SECONDS} s"
        time.sleep(0.05)


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # A process that has ended but was not waited for is no longer running.
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or stat.read_text().rsplit(")", 1)[1].split()[0] != "Z"


def children(pid: int) -> dict[int, str]:
    """The commands of a process's children, by their numbers."""
    command = ["ps", "-axo", "pid=,ppid=,args="]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    rows = [line.split(maxsplit=2) for line in listed.splitlines()]
    return {int(child): told for child, parent, told in rows if int(parent) == pid}


def role_of(command: str) -> str:
    """What the engine has started a child as."""
    return command.partition("/child.py ")[2].partition(" ")[0]


def begun(project: Project, call: str) -> bool:
    """Whether the provider was called, as in `Create a`."""
    log = project.fake / "calls.jsonl"
    entries = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
    return call in [f"{entry['method']} {entry['name']}" for entry in entries]


def provider_pid(project: Project) -> int:
    """The process that the log of calls begins with."""
    first = (project.fake / "calls.jsonl").read_text().splitlines()[0]
    return int(json.loads(first)["pid"])
