"""What the benches that kill updates have in common: as many trials as were killed, a line for each."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from bench.record import RESULTS, header

NOT_KILLED = "not killed"
"""The outcome of an update that was over before its kill."""


@dataclass(kw_only=True)
class KilledUpdate:
    """One killed update and what became of it."""

    seed: int
    victims: list[str]
    moment: float = 0.0
    """Seconds from the start of the update to its kill."""
    outcome: str = ""
    faults: list[str] = field(default_factory=list)

    def end(self, *, killed: bool) -> None:
        """Tell the outcome, once all faults are known."""
        self.outcome = NOT_KILLED if not killed else "failed" if self.faults else "converged"


def trials(name: str, trial: Callable[[int], KilledUpdate], runs: int, first_seed: int) -> int:
    """Run trials until so many were killed; returns an exit code, 1 where one has faults.

    `bench/results/<name>.jsonl` gets the command and the machine, then a line for each trial. A run from a
    later seed than the first adds to what is there.
    """
    results = RESULTS / f"{name}.jsonl"
    if first_seed == 1:
        results.unlink(missing_ok=True)  # and not opened to be written: another run may add to it meanwhile
    killed, failed, seed = 0, [], first_seed
    with results.open("a", encoding="utf-8") as file:

        def write(entry: dict[str, Any]) -> None:
            file.write(json.dumps(entry) + "\n")
            file.flush()

        write(header(name))
        while killed < runs:
            tried = trial(seed)
            write(asdict(tried))
            killed += tried.outcome != NOT_KILLED
            failed += [seed] if tried.faults else []
            seed += 1
    sys.stdout.write(f"{killed} killed, {killed - len(failed)} converged; failed: {failed}\n")
    return int(bool(failed))
