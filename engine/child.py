"""The start of every child process: it ends with the engine, then becomes a provider or the program.

    child.py (program | provider | command) PATH

PATH is the program's or the provider's. The rest of the task comes as one line of JSON on stdin: `arguments`,
`environment` and `cwd`. What is needed in any case is imported before that line is read. The engine then
holds the other end of stdin and never writes to it again: its end of file means that the engine is gone,
however it went. (Linux could tell by PR_SET_PDEATHSIG, macOS has nothing of the kind.)
"""

from __future__ import annotations

import gc
import json
import os
import re
import runpy
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

GRACE_SECONDS = 5.0
_IS_GUARDED = re.compile(r"""^if __name__ == ["']__main__["']:""", re.MULTILINE)


def receive_task() -> dict[str, Any]:
    """Wait for the engine's line; without one there is nothing to do."""
    text = b""
    while not text.endswith(b"\n"):
        part = os.read(0, 65536)
        if not part:
            sys.exit(0)
        text += part
    task: dict[str, Any] = json.loads(text)
    os.environ.update(task["environment"])
    os.chdir(task["cwd"])
    return task


def end_with_engine(stop: Callable[[], object]) -> None:
    """Call `stop` when stdin ends; what the child itself reads from stdin is empty."""
    lifeline = os.dup(0)
    with open(os.devnull, "rb") as nothing:  # noqa: PTH123  a descriptor is wanted, not a path
        os.dup2(nothing.fileno(), 0)

    def watch() -> None:
        while os.read(lifeline, 4096):
            pass
        stop()

    threading.Thread(target=watch, name="engine-lifeline", daemon=True).start()


def stop_self() -> None:
    os.kill(os.getpid(), signal.SIGINT)
    threading.Event().wait(GRACE_SECONDS)
    os._exit(1)


def run_provider() -> int:
    _import_ahead(Path(path := sys.argv[2]))
    sys.argv = [path, *receive_task()["arguments"]]
    end_with_engine(stop_self)
    runpy.run_path(path, run_name="__main__")
    return 0


def _import_ahead(folder: Path) -> None:
    """Import what a provider imports; one that doesn't ask for its name would begin to serve."""
    # Every provider in Python needs it.
    import grpc  # noqa: F401

    main = folder / "__main__.py"
    if main.is_file() and _IS_GUARDED.search(main.read_text("utf-8")):
        runpy.run_path(str(folder), run_name="__ahead__")


def run_command() -> int:
    """A plugin that is no Python: supervised, since it knows nothing of the lifeline."""
    process = subprocess.Popen([sys.argv[2], *receive_task()["arguments"]], stdin=subprocess.DEVNULL)
    end_with_engine(process.kill)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda received, _frame: process.send_signal(received))
    return process.wait()


def run_program() -> int:
    import pulumi

    options = json.loads(receive_task()["arguments"][0])
    end_with_engine(stop_self)
    _configure(pulumi, options)
    sys.argv = [path := sys.argv[2]]
    try:
        _run(pulumi, path)
    except pulumi.RunError as error:
        pulumi.log.error(str(error))
        return 1
    except Exception:  # noqa: BLE001  whatever the user's program raised is reported as the program's
        pulumi.log.error("Program failed with an unhandled exception:\n" + _user_traceback(path))
        return 32
    return 0


def _configure(pulumi: Any, options: dict[str, Any]) -> None:
    # The SDK tells each registration, waiting for an answer, in a message that no command here shows.
    pulumi.log.debug = lambda *_, **__: None
    runtime = pulumi.runtime
    runtime.set_all_config(runtime.get_config_env(), runtime.get_config_secret_keys_env())
    runtime.configure(
        runtime.Settings(
            monitor=options["monitor"],
            engine=options["engine"],
            project=options["project"],
            stack=options["stack"],
            parallel=options["parallel"],
            dry_run=options["dry_run"],
            organization="organization",
            root_directory=options["root"],
        )
    )


def _run(pulumi: Any, path: str) -> None:
    import asyncio
    import logging
    from concurrent.futures import ThreadPoolExecutor

    # A program that fails leaves futures that nobody awaits; asyncio's complaints would hide the reason.
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    # Every pending registration holds one of these threads until the engine answers.
    executor = ThreadPoolExecutor(max_workers=max(pulumi.runtime.settings.SETTINGS.parallel, 1) * 4)
    loop.set_default_executor(executor)
    try:

        def program() -> None:
            runpy.run_path(path, run_name="__main__")

        loop.run_until_complete(pulumi.runtime.run_in_stack(program))
    finally:
        executor.shutdown(wait=True)
        loop.close()


def _user_traceback(path: str) -> str:
    """The traceback from the program's first own frame on; the runtime's frames above it explain nothing."""
    import traceback

    frames = traceback.extract_tb(sys.exc_info()[2])
    own = os.path.realpath(path)
    for index, frame in enumerate(frames):
        if frame.filename.startswith("<"):  # of no file, and of the runtime
            continue
        file = os.path.realpath(frame.filename)
        if file == own or os.path.dirname(file) == own:  # noqa: PTH120  strings from a traceback
            return traceback.format_exc(limit=index - len(frames))
    return traceback.format_exc()


ROLES = {"program": run_program, "provider": run_provider, "command": run_command}


def main() -> int:
    # Python put this file's folder first, where the engine's modules would shadow the program's.
    sys.path.pop(0)
    # Importing makes many objects and hardly any garbage: a quarter of a start would go into looking for it.
    gc.set_threshold(50_000)
    # A shell that runs the engine in the background has it ignore ^C, by which the engine ends its children.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    return ROLES[sys.argv[1]]()


if __name__ == "__main__":
    try:
        code = main()
    except KeyboardInterrupt:
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    # The engine waits for the end, and Python would first look through all objects for garbage.
    gc.freeze()
    sys.exit(code)
