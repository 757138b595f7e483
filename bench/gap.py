"""Time how long a database's gap takes to be found, beside the peers: `python -m bench.gap`.

On both environments as found, and on databases of 200, 1,000 and 3,000 tables of which 1 % differ. Every tool
is a whole process with its own best options, from an environment of its own (`.sandbox/peers/`), all in one
run, in turns. Writes `bench/results/gap.json`: seconds, memory, and how many seeded tables were named.
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, LiteralString, NamedTuple

import psycopg

from bench.record import ROOT, keep, machine
from sandbox import databases, lifecycle
from sandbox.cluster import Cluster
from sandbox.databases import Target

PEERS = ROOT / ".sandbox" / "peers"
SIZES = (200, 1000, 3000)
SHARE = 100
"""One table of so many differs."""

PACKAGES: Mapping[str, Sequence[str]] = {
    # Newer SQLAlchemy and setuptools than these lack what it imports.
    "migra": ("migra==3.0.1663481299", "psycopg2-binary", "sqlalchemy<2.1", "setuptools<81"),
    "pgmig": ("pgmig==1.1.0",),
}
PG_DELTA = "@supabase/pg-delta@1.0.0-alpha.34"

TABLE: LiteralString = """
CREATE TABLE public.t_{} (id integer PRIMARY KEY, a text, b integer DEFAULT 1, c timestamptz,
  CONSTRAINT c_{} CHECK (b > 0));
CREATE INDEX i_{} ON public.t_{} (a);
ALTER TABLE public.t_{} ENABLE ROW LEVEL SECURITY;
CREATE POLICY p_{} ON public.t_{} FOR SELECT TO authenticated USING (a = 'x');
"""

CHANGES: tuple[LiteralString, ...] = (
    "ALTER TABLE public.t_{} ADD COLUMN d text",
    "ALTER TABLE public.t_{} ALTER COLUMN b SET DEFAULT 2",
    "ALTER TABLE public.t_{} ADD CONSTRAINT k_{} UNIQUE (a)",
    "CREATE INDEX j_{} ON public.t_{} (b)",
    "ALTER POLICY p_{} ON public.t_{} USING (a = 'y')",
)


class Taken(NamedTuple):
    """One run of a tool."""

    seconds: float
    """By the clock."""
    processor: float
    """Of its own: what other work on the machine slows down less."""
    megabytes: int
    """The most memory; never less than what this program itself had as it started the tool."""
    code: int
    text: str


def main() -> None:
    """Measure, print and keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--sizes", type=lambda text: [int(size) for size in text.split(",")], default=SIZES)
    options = parser.parse_args()
    install()
    cluster = lifecycle.start(ROOT)
    before = machine()
    measured = {name: measure(*pair, options.runs) for name, pair in pairs(cluster, options.sizes)}
    keep("gap", before, {"packages": {**PACKAGES, "pg-delta": PG_DELTA}, "pairs": measured})
    sys.stdout.write(told(measured))


def install() -> None:
    """The peers, each in an environment of its own."""
    for name, packages in PACKAGES.items():
        if not (PEERS / name).exists():
            venv.create(PEERS / name, with_pip=True)
            subprocess.run([PEERS / name / "bin" / "pip", "install", "-q", *packages], check=True)
    if not (PEERS / "pg-delta").exists():
        (PEERS / "pg-delta").mkdir(parents=True)
        subprocess.run(["npm", "install", "--silent", "--prefix", PEERS / "pg-delta", PG_DELTA], check=True)


def tools(first: Target, second: Target) -> Mapping[str, Sequence[str]]:
    """The command of each, to lead from the first database to the second."""
    urls = [first.database_url, second.database_url]
    driver = [url.replace("postgresql://", "postgresql+psycopg2://") for url in urls]
    delta = str(PEERS / "pg-delta" / "node_modules" / ".bin" / "pgdelta")
    return {
        "this project": (sys.executable, "-m", "bench.database_gap", *urls),
        "migra": (str(PEERS / "migra" / "bin" / "migra"), "--unsafe", *driver),
        "pgmig": (
            str(PEERS / "pgmig" / "bin" / "pgmig"),
            "generate",
            "--source",
            urls[0],
            "--target",
            urls[1],
        ),
        "pg-delta": (delta, "plan", "--profile", "supabase", "--source", urls[0], "--desired", urls[1]),
    }


def measure(first: Target, second: Target, seeded: Sequence[int], runs: int) -> dict[str, Any]:
    """Each tool's figures, the tools taking turns so that the machine's other work hits all alike."""
    commands = tools(first, second)
    taken: dict[str, list[Taken]] = {name: [] for name in commands}
    for run in range(runs + 1):
        for name, command in commands.items():
            each = timed(command)
            if run:  # the first warms up
                taken[name].append(each)
    return {name: _figures(each, seeded) for name, each in taken.items()}


def _figures(taken: Sequence[Taken], seeded: Sequence[int]) -> dict[str, Any]:
    text = taken[-1].text
    found = sum(bool(re.search(rf"[jkpt]_{number}\b", text)) for number in seeded)
    return {
        "median": statistics.median(each.seconds for each in taken),
        "seconds": [each.seconds for each in taken],
        "processor seconds": statistics.median(each.processor for each in taken),
        "most megabytes": max(each.megabytes for each in taken),
        "exit code": taken[-1].code,
        "lines": text.count("\n"),
        "found": f"{found} of {len(seeded)}" if seeded else "",
    }


def timed(command: Sequence[str]) -> Taken:
    """One run."""
    with tempfile.TemporaryFile() as output:
        started = time.perf_counter()
        process = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        return Taken(
            round(seconds, 3),
            round(usage.ru_utime + usage.ru_stime, 3),
            round(usage.ru_maxrss / 1024),
            process.returncode,
            output.read().decode(errors="replace"),
        )


def pairs(cluster: Cluster, sizes: Sequence[int]) -> Iterator[tuple[str, tuple[Target, Target, list[int]]]]:
    """Two databases for each line of the result, and the tables in which they differ."""
    with ExitStack() as opened:
        both = [opened.enter_context(scratch(cluster, name)) for name in ("production", "staging")]
        yield "production and staging", (both[0], both[1], [])
    for size in sizes:
        with ExitStack() as opened:
            first, second = (opened.enter_context(scratch(cluster, "")) for _ in range(2))
            for database in (first, second):
                _run(database, (TABLE.replace("{}", str(number)) for number in range(1, size + 1)))
            seeded = list(range(SHARE, size + 1, SHARE))
            _run(
                second,
                (CHANGES[at % len(CHANGES)].replace("{}", str(number)) for at, number in enumerate(seeded)),
            )
            yield f"{size} tables", (first, second, seeded)


@contextmanager
def scratch(cluster: Cluster, environment: str) -> Iterator[Target]:
    ref = f"bench_{time.monotonic_ns()}"
    made = (
        databases.copy(cluster, environment, ref, from_seed=True)
        if environment
        else databases.blank(cluster, ref)
    )
    try:
        yield made
    finally:
        databases.drop(cluster, ref)


def _run(database: Target, statements: Iterable[str]) -> None:
    with psycopg.connect(database.database_url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def told(measured: Mapping[str, Mapping[str, Any]]) -> str:
    """A table for people."""
    lines = [
        f"{pair:24} {tool:14} {figures['median']:8.2f} s, {figures['processor seconds']:6.2f} s of its own, "
        f"{figures['most megabytes']:4} MB, exit {figures['exit code']}, {figures['found']}"
        for pair, of_pair in measured.items()
        for tool, figures in of_pair.items()
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
