"""A process that has imported what the engine's children of a role need, and forks whoever is asked for.

    zygote.py program | provider

Its stdin is a socket. Each message brings four descriptors: a link to who asks, and the child's stdin, stdout
and stderr. Over the link come environment and folder as a line of JSON; the child's process id goes back, and
in the end its exit code. When the socket ends, it ends.
"""

from __future__ import annotations

import gc
import json
import os
import runpy
import signal
import socket
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
CHILD = ROOT / "engine" / "child.py"


def prepare(role: str) -> None:
    """Import what takes a child of this role most of its start."""
    if role == "program":
        import pulumi  # noqa: F401
    else:
        sys.path[0] = str(ROOT)
        import grpc  # noqa: F401

        import tests.engine.provider.world  # noqa: F401
        from engine.proto import plugin_pb2, provider_pb2, provider_pb2_grpc  # noqa: F401
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
    """Do what `python child.py ROLE` does."""
    os.setsid()
    for standard, descriptor in enumerate(descriptors):
        os.dup2(descriptor, standard)
        os.close(descriptor)
    os.environ.clear()
    os.environ.update(task["environment"])
    os.chdir(task["cwd"])
    sys.argv = [str(CHILD), role]
    sys.path[0] = str(CHILD.parent)
    runpy.run_path(str(CHILD), run_name="__main__")


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
