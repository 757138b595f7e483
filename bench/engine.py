"""Time the embedded engine on programs of 100 and 1,000 resources: `python -m bench.engine [--runs N]`.

The Pulumi CLI that `PULUMI_CLI` names, if it does, is timed beside it, both taking turns. Of every ten
resources nine need the first, and have a secret each. The provider in `provider/` answers at once, so what is
left is the engine's own time and that of the program with the Pulumi SDK.

`bench/results/engine.json` holds the machine, and for each engine and size the wall seconds of every run and
their median: of an update that creates all, and of a preview of all the same. PREVIEW_LIMIT is the bound on
how much longer the preview of ten times as much may take; the bench exits with 1 when it takes longer.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.record import ROOT, keep, machine

SMALL, LARGE = 100, 1000
PREVIEW_LIMIT = 12
PROVIDER = ROOT / "bench" / "provider"
EMBEDDED = "embedded engine"
KINDS = {
    "create all": ("up", "--yes", "--skip-preview"),
    "preview of all the same": ("preview", "--expect-no-changes"),
}
PROGRAM = """
import pulumi


class Thing(pulumi.CustomResource):
    def __init__(self, name, inputs):
        super().__init__("bench:index:Thing", name, inputs)


for ten in range({size} // 10):
    first = Thing(f"first-{{ten}}", {{"text": "x" * 100, "numbers": list(range(10))}})
    for one in range(9):
        secret = pulumi.Output.secret(f"{{ten}}-{{one}}")
        Thing(f"other-{{ten}}-{{one}}", {{"ref": first.id, "secret": secret, "flags": [True, None]}})
"""


class Stack:
    """A stack in a folder of its own, whose program registers a number of resources."""

    def __init__(self, engine: Sequence[str], folder: Path, size: int) -> None:
        self._engine = engine
        self._folder = folder
        self._environment = {
            **os.environ,
            "PULUMI_HOME": str(folder / "home"),
            "PULUMI_CONFIG_PASSPHRASE": "bench",
        }
        (folder / "state").mkdir(parents=True)
        (folder / "__main__.py").write_text(PROGRAM.format(size=size))
        (folder / "Pulumi.yaml").write_text(
            "name: bench\n"
            f"runtime: {{name: python, options: {{virtualenv: {json.dumps(sys.prefix)}}}}}\n"
            "backend: {url: 'file://./state'}\n"
            f"plugins: {{providers: [{{name: bench, path: {json.dumps(str(PROVIDER))}}}]}}\n"
        )
        self.seconds("stack", "init", "dev")

    def seconds(self, *words: str) -> float:
        """How long a command takes, which must succeed."""
        command = [*self._engine, *words, "--non-interactive"]
        started = time.perf_counter()
        subprocess.run(command, cwd=self._folder, env=self._environment, capture_output=True, check=True)
        return round(time.perf_counter() - started, 3)


def engines() -> dict[str, list[str]]:
    """The command of each."""
    found = {EMBEDDED: [sys.executable, str(ROOT / "engine")]}
    if cli := os.environ.get("PULUMI_CLI"):
        version = subprocess.run([cli, "version"], capture_output=True, text=True, check=True).stdout
        found[f"Pulumi CLI {version.strip()}"] = [cli]
    return found


def measured(size: int, runs: int) -> dict[str, dict[str, Any]]:
    """By engine. Each run has a stack of its own: created once, then previewed."""
    taken = {name: {kind: list[float]() for kind in KINDS} for name in engines()}
    for _ in range(runs):
        for name, engine in engines().items():
            folder = Path(tempfile.mkdtemp(prefix="bench "))
            stack = Stack(engine, folder, size)
            for kind, words in KINDS.items():
                taken[name][kind].append(stack.seconds(*words))
            shutil.rmtree(folder)
    return {name: {kind: _figures(runs) for kind, runs in kinds.items()} for name, kinds in taken.items()}


def _figures(runs: Sequence[float]) -> dict[str, Any]:
    return {"median": statistics.median(runs), "runs": runs}


def main() -> None:
    """Measure, print and keep; exits with 1 when a preview of ten times as much takes too long."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    before = machine()
    small, large = measured(SMALL, options.runs), measured(LARGE, options.runs)
    compared = {
        name: {kind: _compared(small[name][kind], large[name][kind]) for kind in KINDS} for name in small
    }
    sys.stdout.write(keep("engine", before, {"engines": compared}))
    sys.exit(compared[EMBEDDED]["preview of all the same"]["times as long"] > PREVIEW_LIMIT)


def _compared(small: dict[str, Any], large: dict[str, Any]) -> dict[str, Any]:
    return {
        str(SMALL): small,
        str(LARGE): large,
        "times as long": round(large["median"] / small["median"], 2),
    }


if __name__ == "__main__":
    main()
