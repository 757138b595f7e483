"""A process that has imported what the engine or a child of its needs, and forks whoever is asked for.

    zygote.py engine | program | provider

Its stdin is a socket. Each message brings four descriptors: a link to who asks, and the new process' stdin,
stdout and stderr. Over the link come its words, environment and folder as a line of JSON; its process id goes
back, and in the end its exit code. When the socket ends, the zygote ends.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import runpy
import signal
import socket
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
CHILD = ROOT / "engine" / "child.py"
# A file that is run has its own folder for a first place to look for modules.
sys.path[0] = str(ROOT)

IMPORTED = {
    "engine": ("cryptography.hazmat.primitives.kdf.pbkdf2", "engine.cli.run", "engine.cli.state"),
    # Not the project's own modules: some tests have others.
    "program": ("pulumi", "jinja2", "yaml", "psycopg"),
    "provider": ("stripe", "provider.__main__", "tests.engine.provider.world", "engine.proto"),
}
"""What takes a process of each role most of its start."""


def prepare(role: str) -> None:
    """Import it, and let whoever is forked find those that it forks from."""
    for name in IMPORTED[role]:
        importlib.import_module(name)
    if role == "engine":
        from tests.forked import ROLES, zygote

        for child in ROLES:
            zygote(child)
    gc.freeze()


def serve(role: str, descriptors: list[int]) -> None:
    """Fork the child, and stay to tell of its end; the child itself returns only to end."""
    link = socket.socket(fileno=descriptors.pop(0))
    task = json.loads(link.makefile("rb").readline())
    child = os.fork()
    if child == 0:
        link.close()
        return become(role, descriptors, task)
    for descriptor in descriptors:
        os.close(descriptor)
    link.sendall(b"%d\n" % child)
    _, status = os.waitpid(child, 0)
    link.sendall(b"%d\n" % os.waitstatus_to_exitcode(status))
    os._exit(0)


def become(role: str, descriptors: list[int], task: dict[str, Any]) -> None:
    """Do what `python child.py ROLE` does, or `python engine WORDS`."""
    os.setsid()
    for standard, descriptor in enumerate(descriptors):
        os.dup2(descriptor, standard)
        os.close(descriptor)
    os.environ.clear()
    os.environ.update(task["environment"])
    os.chdir(task["cwd"])
    sys.argv = task["words"]
    sys.path[0] = str(CHILD.parent)
    if role != "engine":
        runpy.run_path(str(CHILD), run_name="__main__")
        return
    from tests.forked import forking

    with forking():
        runpy.run_path(str(CHILD.with_name("__main__.py")), run_name="__main__")


def main(role: str) -> None:
    prepare(role)
    control = socket.socket(fileno=os.dup(0))
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those that stay
    while True:
        _, descriptors, _, _ = socket.recv_fds(control, 1, 4)
        if not descriptors:
            return None
        if os.fork() == 0:
            control.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            return serve(role, list(descriptors))
        for descriptor in descriptors:
            os.close(descriptor)


if __name__ == "__main__":
    main(sys.argv[1])
