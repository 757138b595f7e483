"""Walk each phase forward, back and forward again by whole commands: `python -m bench.walk`.

One copy of production goes straight from phase to phase, and tells what is to be there at each. Another goes
to each phase, back to the one before it and forward again by `pulumi config set phase` and `pulumi up`, while
users and administrators write at every stop. At each stop the schema by pg_dump, every row that was ever
there, and the functions, secrets and what is sold are held against what they are to be, and a preview must
have nothing left to do.

`bench/results/walk.json`, or `walk_on_the_cli.json` where the Pulumi CLI is on the PATH, holds the machine,
the command, the engine, and each stop with its seconds, its requests to the Management API, its number of
objects with a digest of the dump, the rows by table with a digest of them, and its faults.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from bench.production import PHASES, Production, There, adopted
from bench.record import keep, machine
from components.functions import FOLDER
from operations.rollback.stubs import PAYMENTS
from provider.supabase import stub
from sandbox import lifecycle
from sandbox.apis.projects import Projects
from sandbox.cluster import Cluster
from tests.fix_project import engine_version, is_embedded
from tests.witness import Witness, assert_back


@dataclass
class Stop:
    """Where the walk came to, and how it was there."""

    phase: int
    by_way_of: int
    """The phase that is walked forward, back and forward."""
    seconds: float = 0.0
    requests: dict[str, int] = field(default_factory=dict)
    """The update's to the Management API, whose rate limit is the real one."""
    objects: int = 0
    schema: str = ""
    rows: dict[str, str] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


class Walk:
    """The way of one copy, beside another that goes straight ahead."""

    def __init__(self, straight: Production, walked: Production) -> None:
        self._straight, self._walked = straight, walked
        self._witness = Witness(walked.target)
        self._there = {0: There.at(straight)}

    def stops(self, last: int) -> Iterator[Stop]:
        """Every stop, up to the last phase."""
        self._witness.write()
        for phase in range(1, last + 1):
            run = self._straight.step(phase)
            assert run.code == 0, run.text
            self._there[phase] = There.at(self._straight)
            for to in (phase, phase - 1, phase):
                yield self._stop(Stop(to, phase))
                self._witness.write()

    def _stop(self, stop: Stop) -> Stop:
        self._walked.requests()
        begun = time.monotonic()
        run = self._walked.step(stop.phase)
        stop.seconds = round(time.monotonic() - begun, 1)
        stop.requests = self._walked.requests()
        if run.code:
            stop.faults.append(f"the update fails: {run.text[-2000:]}")
            return stop
        found = There.at(self._walked)
        stop.objects, stop.schema = len(found.schema), _digest(found.schema)
        stop.rows = self._witness.checksums()
        stop.faults += [*self._compared(stop, found), *filter(None, [self._walked.silent()])]
        return stop

    def _compared(self, stop: Stop, found: There) -> Iterator[str]:
        wanted, back = self._there[stop.phase], stop.phase < stop.by_way_of
        name = f"to {stop.phase}, by way of {stop.by_way_of}"
        try:
            self._witness.compare(name)
            if back:
                assert_back(found.schema, wanted.schema, name)
        except AssertionError as error:
            yield str(error)
        if not back and found.schema != wanted.schema:
            yield f"other objects: {sorted(dict(found.schema.items() ^ wanted.schema.items()))}"
        yield from self._beside(found.beside, wanted.beside, back=back)

    def _beside(self, found: dict[str, Any], wanted: dict[str, Any], *, back: bool) -> Iterator[str]:
        """On the way back, stubs, replaced functions and the secrets that all functions read stay."""
        functions = {
            slug: each
            for slug, each in found["functions"].items()
            if not (back and slug in PAYMENTS and self._is_stub(each[0]))
        }
        same = functions.keys() == wanted["functions"].keys() if back else functions == wanted["functions"]
        if not same:
            yield f"functions: {sorted(dict(functions.items() ^ wanted['functions'].items()))}"
        kept = {"ALLOWED_ORIGINS", "JWT_SECRET"} if back else set()
        if set(found["secrets"]) - kept != set(wanted["secrets"]) - kept:
            yield f"secrets: {found['secrets']}, and not {wanted['secrets']}"
        used = [each for each in found["stripe"] if each[2] in _IN_USE]
        if used != [each for each in wanted["stripe"] if each[2] in _IN_USE]:
            yield f"in use at Stripe: {used}, and not {wanted['stripe']}"

    def _is_stub(self, bundle: str) -> bool:
        return dict(Projects(self._walked.cluster.layout).files(bundle)) == stub.files(FOLDER)


_IN_USE = ("True", "enabled")


def walked(cluster: Cluster, folder: Path, last: int, *, served: bool = True) -> Iterator[Stop]:
    """Every stop of a walk on two copies of production, up to the last phase."""
    name = f"walk_{uuid4().hex[:12]}"
    with (
        adopted(cluster, f"{name}_straight", folder / "straight", served=served) as straight,
        adopted(cluster, name, folder / "walked", served=served) as back_and_forth,
    ):
        yield from Walk(straight, back_and_forth).stops(last)


def _digest(schema: dict[str, frozenset[str]]) -> str:
    told = json.dumps({heading: sorted(lines) for heading, lines in schema.items()}, sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def main() -> None:
    """Walk, and keep the stops; exits with 1 when one has faults."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--last", type=int, choices=PHASES, default=PHASES[-1])
    options = parser.parse_args()
    before = machine()
    stops: list[Stop] = []
    with tempfile.TemporaryDirectory() as folder:
        for stop in walked(lifecycle.start(), Path(folder), options.last):
            stops.append(stop)
            told = "; ".join(stop.faults) or "as it is to be"
            sys.stdout.write(f"to {stop.phase} by way of {stop.by_way_of}, {stop.seconds} s: {told}\n")
            sys.stdout.flush()
    failed = {stop.by_way_of for stop in stops if stop.faults}
    figures = {
        "engine": engine_version(),
        "phases": options.last,
        "equal": options.last - len(failed),
        "stops": [asdict(stop) for stop in stops],
    }
    keep("walk", before, figures, "walk" if is_embedded() else "walk_on_the_cli")
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
