"""Time the commands that a user types, as whole processes: `python -m bench.commands [--runs N] [--first]`.

Writes `bench/results/commands.json`: for each command the wall seconds of every run, their median, and the
machine. The import of the Pulumi SDK is measured in the same run, as what no program on it can undercut.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.record import ROOT, keep, machine

PULUMI = str(ROOT / ".venv" / "bin" / "pulumi")

WARM: Mapping[str, Sequence[str]] = {
    "make preview": ("make", "preview"),
    "pulumi preview --stack production": (PULUMI, "preview", "--stack", "production"),
    "pulumi preview --stack staging": (PULUMI, "preview", "--stack", "staging"),
    "pulumi preview --stack production --refresh=false": (
        PULUMI,
        "preview",
        "--stack",
        "production",
        "--refresh=false",
    ),
    "pulumi stack ls": (PULUMI, "stack", "ls"),
    "python -c 'import pulumi'": (sys.executable, "-c", "import pulumi"),
}
REFERENCE = "python -c 'import pulumi'"


def main() -> None:
    """Measure, print and keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--first", action="store_true", help="also the first `make preview` of a fresh clone")
    options = parser.parse_args()
    before = machine()
    results = {name: _timed(command, options.runs) for name, command in WARM.items()}
    if options.first:
        results["first make preview, from a fresh clone"] = [_first()]
    sys.stdout.write(keep("commands", before, {"seconds": _with_medians(results)}))


def _timed(command: Sequence[str], runs: int) -> list[float]:
    environment = {**os.environ, "PULUMI_EMBEDDED": "1"}
    seconds = []
    for run in range(runs + 1):
        started = time.perf_counter()
        subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=True)
        if run:  # the first warms up
            seconds.append(round(time.perf_counter() - started, 3))
    return seconds


def _first() -> float:
    folder = Path(tempfile.mkdtemp(prefix="a fresh clone "))
    try:
        subprocess.run(["git", "clone", "-q", ROOT, folder / "clone"], check=True)
        started = time.perf_counter()
        subprocess.run(["make", "preview"], cwd=folder / "clone", capture_output=True, check=True)
        return round(time.perf_counter() - started, 3)
    finally:
        subprocess.run(["make", "sandbox-stop"], cwd=folder / "clone", capture_output=True, check=False)
        shutil.rmtree(folder)


def _with_medians(results: Mapping[str, list[float]]) -> dict[str, dict[str, object]]:
    reference = statistics.median(results[REFERENCE])
    return {
        name: {
            "median": statistics.median(seconds),
            "times the SDK's import": round(statistics.median(seconds) / reference, 2),
            "runs": seconds,
        }
        for name, seconds in results.items()
    }


if __name__ == "__main__":
    main()
