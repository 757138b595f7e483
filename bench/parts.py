"""Time the parts of a preview, which follow one another: `python -m bench.parts [--runs N]`.

A preview is the engine's own process with a clock at the methods of `Deployment`: what a user waits for
passes through them, whichever child does the work. Writes `bench/results/parts.json`: for each stack the
seconds of each part in every run, their medians, and the machine.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import importlib
import io
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine
from types import ModuleType
from typing import Any
from unittest import mock

from bench.record import ROOT, keep, machine

PARTS = {
    "_start": "children started, the state read and its secrets opened",
    "_refresh": "what is live read and compared with the state",
    "_run_program": "the program run, and each registration planned",
    "__aexit__": "children ended",
}
FIRST, LAST = "the engine started, up to its first child's task", "the summary, and the engine's exit"
STACKS = ("production", "staging")


def main() -> None:
    """Measure, print and keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--of", nargs=2, metavar=("STACK", "BEGUN"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.of:
        stack, begun = options.of
        sys.stdout.write(json.dumps(_preview(stack, float(begun))))
        return
    before = machine()
    taken = {stack: [_taken(stack) for _ in range(options.runs + 1)][1:] for stack in STACKS}
    figures = {
        stack: {part: _told([run[part] for run in runs]) for part in runs[0]} for stack, runs in taken.items()
    }
    sys.stdout.write(keep("parts", before, {"seconds": figures}))


def _taken(stack: str) -> dict[str, float]:
    begun = time.time()
    command = [sys.executable, "-m", "bench.parts", "--of", stack, str(begun)]
    environment = {**os.environ, "PULUMI_CONFIG_PASSPHRASE": "sandbox"}
    run = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, check=True)
    whole = time.time() - begun
    parts: dict[str, float] = json.loads(run.stdout)
    return {part: round(seconds, 3) for part, seconds in {**parts, LAST: whole - sum(parts.values())}.items()}


def _preview(stack: str, begun: float) -> dict[str, float]:
    """The seconds of each part up to the last but one of this process's only preview."""
    from engine.cli import main as command_line

    spans: dict[str, float] = {}
    imported = functools.partial(_imported, spans, begun)
    printed = io.StringIO()
    seen = mock.patch.object(command_line, "importlib", mock.Mock(import_module=imported))
    with seen, contextlib.redirect_stdout(printed):
        code = command_line.main(["preview", "--stack", stack])
    assert code == 0, printed.getvalue()
    return spans


def _imported(spans: dict[str, float], begun: float, name: str) -> ModuleType:
    """A module as the command line asks for it: only then, since children are started before."""
    module = importlib.import_module(name)
    deployment = importlib.import_module("engine.deployment.deploy").Deployment
    for method, part in PARTS.items():
        timed = _timed(getattr(deployment, method), part, spans, begun)
        setattr(deployment, method, timed)
    return module


def _timed(
    method: Callable[..., Coroutine[Any, Any, Any]], part: str, spans: dict[str, float], begun: float
) -> Callable[..., Coroutine[Any, Any, Any]]:
    @functools.wraps(method)
    async def timed(*given: Any, **named: Any) -> Any:
        at = time.time()
        spans.setdefault(FIRST, at - begun)
        try:
            return await method(*given, **named)
        finally:
            spans[part] = time.time() - at

    return timed


def _told(seconds: list[float]) -> dict[str, object]:
    return {"median": round(statistics.median(seconds), 3), "runs": seconds}


if __name__ == "__main__":
    main()
