"""What the benches that kill updates have in common: as many trials as were killed, a line for each."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from typing import Any, ClassVar, Protocol

from bench.commands import RESULTS, machine

NOT_KILLED = "not killed"
"""The outcome of an update that was over before its kill."""


class Trial(Protocol):
    """One killed update and what became of it: a dataclass."""

    __dataclass_fields__: ClassVar[dict[str, Any]]
    outcome: str
    faults: list[str]


def trials(name: str, trial: Callable[[int], Trial], runs: int, first_seed: int) -> int:
    """Run trials until so many were killed; returns an exit code, 1 where one has faults.

    `bench/results/<name>.jsonl` gets the command and the machine, then a line for each trial. A run from a
    later seed than the first adds to what is there.
    """
    results = RESULTS / f"{name}.jsonl"
    if first_seed == 1:
        results.unlink(missing_ok=True)  # and not opened to be written: another run may add to it meanwhile
    killed, failed, seed = 0, [], first_seed
    command = " ".join([f"python -m bench.{name}", *sys.argv[1:]])
    with results.open("a", encoding="utf-8") as file:

        def write(entry: dict[str, Any]) -> None:
            file.write(json.dumps(entry) + "\n")
            file.flush()

        write({"command": command, **machine()})
        while killed < runs:
            tried = trial(seed)
            write(asdict(tried))
            killed += tried.outcome != NOT_KILLED
            failed += [seed] if tried.faults else []
            seed += 1
    sys.stdout.write(f"{killed} killed, {killed - len(failed)} converged; failed: {failed}\n")
    return int(bool(failed))
