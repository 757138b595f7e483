"""Kill updates from phase to phase, and see whether the next heals: `python -m bench.phase_kills`.

A trial begins with production at one phase, as a straight walk has led there, with rows that users wrote and
users at work. The update to the next phase loses its engine (with the provider or without), its program, its
provider, the database's server or the stand-ins of both APIs: as it starts, or once it has begun to change
things. The servers are started again. Then an update must succeed, a preview have nothing to do, the schema
by pg_dump, the functions, the secrets and what is sold be those of the straight walk, every row still be
there, and no statement of a user have failed, nor a profile been read empty. Where the server is killed,
there are no users: they would meet that, whatever is updated.

`bench/results/phase_kills.jsonl` holds the command and the machine of a run, then one line for each trial; a
run from a later seed adds to what is there. It has a sandbox of its own.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path

from bench.production import PHASES, STACK, UP, Production, There, adopted
from bench.trials import KilledUpdate, trials
from operations.rehearsal.scratch import Scratch
from operations.rehearsal.users import Users
from sandbox import databases, lifecycle
from sandbox.apis import process
from sandbox.cluster import Cluster
from tests.engine.processes import children, is_running, role_of, wait_for
from tests.fix_sandbox import remove_sandbox
from tests.witness import Witness

VICTIMS = (["engine"], ["engine", "provider"], ["program"], ["provider"], ["server"], ["apis"])
RATE = 20
"""Users' statements a second."""
USES = 5
"""The last phase whose novelties the users use: uploads would change rows that are to be the same."""
ENDS_WITHIN = 300.0
"""Seconds in which an update that has lost a part of it must end."""
_CHANGING = """
SELECT EXISTS (SELECT FROM pg_locks AS l JOIN pg_database AS d ON d.oid = l.database
  WHERE l.locktype = 'advisory' AND d.datname = %s)
"""


@dataclass(kw_only=True)
class Trial(KilledUpdate):
    """One killed update and what became of it."""

    phase: int
    """The one that it led to."""
    meets: str
    """What the kill meets: the start, or the work."""
    statements: int = 0
    """What users have asked for meanwhile."""
    longest: float = 0.0
    """The longest that one of them took, in seconds."""


@dataclass(frozen=True)
class Pace:
    """How long a step takes that nobody disturbs."""

    begins: float
    """Seconds until it changes the first thing."""
    ends: float


class Bench:
    """Trials on one production, put back before each to what a straight walk has kept."""

    def __init__(self, production: Production) -> None:
        self.production = production
        self._there: dict[int, There] = {}
        self._paces: dict[int, Pace] = {}

    def prepare(self, last: int = PHASES[-1]) -> None:
        """Walk straight ahead, and keep every phase."""
        with databases.admin(self.production.cluster) as connection:
            # The sandbox's server forgets what it has committed last when it crashes; a real one does not.
            connection.execute("ALTER SYSTEM SET synchronous_commit = on")
            connection.execute("SELECT pg_reload_conf()")
        self.production.keep(0)
        for phase in range(1, last + 1):
            self._paces[phase] = self._paced(phase)
            self.production.keep(phase)
            self._there[phase] = There.at(self.production)

    def trial(self, seed: int) -> Trial:
        """Kill one update, and let another carry on."""
        rng = random.Random(seed)  # noqa: S311  a trial can be repeated
        phase = 1 + seed % len(self._there)
        meets = rng.choices(("the start", "the work"), (1, 2))[0]
        trial = Trial(seed=seed, victims=rng.choice(VICTIMS), phase=phase, meets=meets)
        self.production.put_back(phase - 1)
        witness = Witness(self.production.target)
        with self._users(trial):
            witness.write()  # an area code that is only now in the old table is none that users look up
            killed = self._killed(trial, rng)
            trial.faults += self._resumed()
        trial.faults += self.wrong(phase, witness)
        trial.end(killed=killed)
        return trial

    def _paced(self, phase: int) -> Pace:
        begun = time.monotonic()
        update = self._start(phase)
        self._wait(update, self._is_changing)
        begins = time.monotonic() - begun
        text, _ = update.communicate()
        assert update.returncode == 0, text
        return Pace(begins, time.monotonic() - begun)

    def _start(self, phase: int) -> subprocess.Popen[str]:
        self.production.project.set(STACK, "phase", str(phase))
        return self.production.project.start(*UP)

    @contextmanager
    def _users(self, trial: Trial) -> Iterator[None]:
        made = self.production
        copy = Scratch(made.cluster, made.target, made.project.root, STACK)
        users = Users(copy, RATE, time.monotonic(), completed=min(trial.phase - 1, USES))
        with nullcontext() if "server" in trial.victims else users.at_work():
            yield
        trial.statements = len(users.calls)
        trial.longest = round(max((call.seconds for call in users.calls), default=0.0), 3)
        trial.faults += [f"{call.kind} of a user: {call.problem}" for call in users.calls if call.problem]

    def _killed(self, trial: Trial, rng: random.Random) -> bool:
        """Whether the update was still running; all that is left of it has ended then, and servers are up."""
        begun = time.monotonic()
        update = self._start(trial.phase)
        self._await_moment(trial, rng, update)
        trial.moment = round(time.monotonic() - begun, 3)
        parts = children(update.pid)
        killed = update.poll() is None and self._kill(trial.victims, update, parts)
        try:
            told, _ = update.communicate(timeout=ENDS_WITHIN)
        except subprocess.TimeoutExpired:
            trial.faults.append(f"the update does not end within {ENDS_WITHIN:.0f} s of its kill")
            update.kill()
            told, _ = update.communicate()
        if "Traceback" in told:
            trial.faults.append(f"the update tells a traceback: {told[-2000:]}")
        wait_for(lambda: not any(map(is_running, parts)), "the end of the engine's children")
        wait_for(self._is_up, "the start of the servers")
        return killed

    def _await_moment(self, trial: Trial, rng: random.Random, update: subprocess.Popen[str]) -> None:
        pace = self._paces[trial.phase]
        if trial.meets == "the start":
            seconds = rng.uniform(0, pace.begins)
        else:
            seconds = rng.uniform(0, pace.ends - pace.begins)
            self._wait(update, self._is_changing)
        deadline = time.monotonic() + seconds
        self._wait(update, lambda: time.monotonic() >= deadline)

    def _kill(self, victims: list[str], update: subprocess.Popen[str], parts: dict[int, str]) -> bool:
        if "engine" in victims:
            update.kill()
        layout = self.production.cluster.layout
        if "server" in victims:
            (number, *_) = (layout.data / "postmaster.pid").read_text().splitlines()
            os.kill(int(number), signal.SIGQUIT)  # it and its children end at once, as in a crash
        if "apis" in victims:
            process.kill(layout)
        named = [pid for pid, told in parts.items() if role_of(told) in victims]
        for pid in named:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return bool(named) or not {"program", "provider"} >= set(victims)

    def _is_up(self) -> bool:
        lifecycle.start(self.production.cluster.layout.root)
        return True

    def _resumed(self) -> Iterator[str]:
        """What of the next update is not as it should be."""
        project = self.production.project
        locks = project.root / ".sandbox" / "state" / ".pulumi" / "locks"
        if any(locks.rglob("[!.]*.json")):
            run = project.pulumi("cancel", "--stack", STACK, "--yes")
            yield from [f"the lock can't be taken away: {run.text[-2000:]}"] if run.code else []
        if (again := project.pulumi(*UP)).code:
            yield f"the next update fails: {again.text[-2000:]}"

    def wrong(self, phase: int, witness: Witness) -> Iterator[str]:
        """What is not as the straight walk has found it at a phase, or as it was written."""
        wanted, found = self._there[phase], There.at(self.production)
        if changed := self.production.silent():
            yield f"a further preview has changes: {changed}"
        if found.schema != wanted.schema:
            yield f"other objects: {sorted(dict(found.schema.items() ^ wanted.schema.items()))}"
        for what in wanted.beside:
            if found.beside[what] != wanted.beside[what]:
                yield f"other {what}: {found.beside[what]}"
        try:
            witness.compare("after the next update")
        except AssertionError as error:
            yield str(error)
        yield from (f"the database {name} is left" for name in self._left_behind())

    def _left_behind(self) -> list[str]:
        with databases.admin(self.production.cluster) as connection:
            query = "SELECT datname FROM pg_database WHERE starts_with(datname, 'restored_')"
            return [name for (name,) in connection.execute(query)]

    def _is_changing(self) -> bool:
        with databases.admin(self.production.cluster) as connection:
            return connection.execute(_CHANGING, [self.production.target.name]).fetchone() == (True,)

    def _wait(self, update: subprocess.Popen[str], until: Callable[[], bool]) -> None:
        while update.poll() is None and not until():
            time.sleep(0.02)


@contextmanager
def prepared(cluster: Cluster, folder: Path, last: int = PHASES[-1]) -> Iterator[Bench]:
    """A bench whose production was walked up to a phase."""
    with adopted(cluster, f"kills_{os.getpid()}", folder, served=False) as production:
        bench = Bench(production)
        bench.prepare(last)
        yield bench


def main() -> None:
    """Run the trials; exits with 1 when one has faults."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--first-seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "a sandbox"
        root.mkdir()
        try:
            with prepared(lifecycle.start(root), Path(folder)) as bench:
                code = trials("phase_kills", bench.trial, options.runs, options.first_seed)
        finally:
            remove_sandbox(root)
    sys.exit(code)


if __name__ == "__main__":
    main()
