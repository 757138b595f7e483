"""Count what each tool finds of differences of every kind: `python -m bench.seeded`.

Two copies of staging, in the second of which each kind of `tests/acceptance/seeded.yaml` was made to differ
twice, each time in objects of a number of its own: a difference counts as found where a tool's output has it.
Writes `bench/results/seeded.json`: how many each tool finds, and the kinds that it misses. The seeded
differences of the other planes (functions, secrets, Stripe) are left out: no peer looks at them.
"""

from __future__ import annotations

import random
import re
import sys
from contextlib import ExitStack

from bench.gap import install, scratch, timed, tools
from bench.record import ROOT, keep, machine
from sandbox import lifecycle
from sandbox.databases import Target
from tests.acceptance.test_seeded_differences import EACH, SEEDED, numbered, run

SEED = 1
Drawn = list[tuple[str, int]]


def main() -> None:
    """Count, print and keep."""
    install()
    cluster = lifecycle.start(ROOT)
    before = machine()
    with ExitStack() as opened:
        first, second = (opened.enter_context(scratch(cluster, "staging")) for _ in range(2))
        drawn = _seed(first, second)
        outputs = {name: timed(command).text for name, command in tools(first, second).items()}
    found = {name: _found(text, drawn) for name, text in outputs.items()}
    sys.stdout.write(keep("seeded", before, {"seed": SEED, "seeded": len(drawn), "tools": found}))


def _seed(first: Target, second: Target) -> Drawn:
    """Make the objects in both and the differences in the second; the kinds, each with its number."""
    numbers = list(range(EACH * len(SEEDED.kinds)))
    for database in (first, second):
        run(database, ["CREATE TABLE public.profiles_ids (id integer PRIMARY KEY)"])
        run(database, [numbered(SEEDED.prepare, number) for number in numbers])
    random.Random(SEED).shuffle(numbers)  # noqa: S311  the same in every run
    drawn = [(kind.sql, numbers.pop()) for kind in SEEDED.kinds for _ in range(EACH)]
    run(second, [numbered(sql, number) for sql, number in drawn])
    return drawn


def _found(text: str, drawn: Drawn) -> dict[str, object]:
    missed = [sql for sql, number in drawn if not re.search(rf"(?:_|\b(?:\d{{11}})?){number:03}\b", text)]
    return {"found": len(drawn) - len(missed), "missed": list(dict.fromkeys(missed))}


if __name__ == "__main__":
    main()
