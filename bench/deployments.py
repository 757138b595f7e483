"""Deploy functions by way of an API that fails at random: `python -m bench.deployments`.

Each deployment changes two of four functions, by its seed, and is attempted until it succeeds, while the
stand-in for the Management API gives three requests of four no answer, half of one, or an error: before or
after it has done what was asked. Whoever waits, waits in a clock of the benchmark's own.

`bench/results/deployments.jsonl` holds the machine and the command, then a line for each deployment: its
attempts, the faults that were made, the requests, and by name each function that was missing at any instant,
asked for a token otherwise than declared, or wasn't what its sources say in the end.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from bench.record import RESULTS, header
from tests.provider.supabase.convergence import Deployment, failing


def main() -> int:
    """Deploy; the exit code tells whether all was as it should be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--deployments", type=int, default=100)
    parser.add_argument("--first-seed", type=int, default=0)
    given = parser.parse_args()
    seeds = range(given.first_seed, given.first_seed + given.deployments)
    lines = [header("deployments")]
    with tempfile.TemporaryDirectory() as folder, failing(Path(folder)) as project:
        made = [project.deploy(seed) for seed in seeds]
    lines += [asdict(each) for each in made]
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (RESULTS / "deployments.jsonl").write_text(text, "utf-8")
    wrong = [each.seed for each in made if _is_wrong(each)]
    requests = sum(sum(each.requests.values()) for each in made)
    attempts = sum(each.attempts for each in made)
    sys.stdout.write(
        f"{len(made)} deployments by {attempts} attempts and {requests} requests; wrong: {wrong}\n"
    )
    return int(bool(wrong))


def _is_wrong(each: Deployment) -> bool:
    return bool(each.missing or each.changed_verify_jwt or each.unlike_sources)


if __name__ == "__main__":
    sys.exit(main())
