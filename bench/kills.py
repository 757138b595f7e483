"""Kill an update with SIGKILL at random moments, and see whether the next one heals: `python -m bench.kills`.

Each trial starts from a stack of 42 resources. The update that is killed creates 16, changes 14 and what
refers to something replaced, replaces 10 (6 with the successor first, 4 with the original first) and
deletes 10, with random dependencies. The provider keeps its world in a database, has natural identifiers,
and takes an equal object over, as the project's own does: with identifiers that an API invents, an object
whose creation was cut off can't be known by any engine.

`bench/results/kills.jsonl` holds the machine and the command, then one line for each trial. What a trial
must not find is in its `faults`; an update that was over before its kill is told as `outcome: not killed`,
and made up for by another.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.trials import KilledUpdate, trials
from tests.engine.lifecycle import Project
from tests.engine.processes import children, is_running, wait_for

PLANS = 10
STAY, UPDATE, CREATE_FIRST, DELETE_FIRST, DELETE, CREATE = 8, 14, 6, 4, 10, 16
BEHAVIOUR = {
    "*": {"id": "{name}.{inputs[kind]}", "ensure": True, "replace": ["kind"], "pace": 0.02, "detailed": True}
}
PROGRAM = """
import json
import pathlib

things = {}
for entry in json.loads(pathlib.Path("plan.json").read_text()):
    needs = [things[name] for name in entry["needs"]]
    things[entry["name"]] = Thing(
        entry["name"],
        {"kind": entry["kind"], "value": entry["value"], "needs": [thing.id for thing in needs]},
        Options(
            delete_before_replace=entry["deleteFirst"],
            depends_on=[things[name] for name in entry["after"]],
        ),
    )
"""
UP = ("up", "--yes", "--skip-preview")

Plan = list[dict[str, Any]]


@dataclass(kw_only=True)
class Trial(KilledUpdate):
    """One killed update and what became of it."""

    refresh: bool
    changed: int = 0
    """Objects made, changed or removed when it was killed."""
    pending: int = 0
    """Operations that the state then called begun and not ended."""


def plans(seed: int) -> tuple[Plan, Plan]:
    """The stack before, and as it is to be, each in the order of its program."""
    rng = random.Random(seed)  # noqa: S311  a trial can be repeated
    fates = ["stay"] * STAY + ["update"] * UPDATE + ["create first"] * CREATE_FIRST
    fates += ["delete first"] * DELETE_FIRST + ["delete"] * DELETE + ["create"] * CREATE
    rng.shuffle(fates)
    before: Plan = []
    goal: Plan = []
    for number, fate in enumerate(fates):
        entry = {
            "name": f"t{number:02}",
            "kind": "old",
            "value": "old",
            "deleteFirst": fate == "delete first",
        }
        if fate != "create":
            before.append(entry | _dependencies(rng, before, None))
        if fate != "delete":
            kind = "new" if fate in ("create first", "delete first") else "old"
            value = "new" if fate == "update" else "old"
            former = None if fate == "create" else before[-1]
            goal.append(entry | {"kind": kind, "value": value} | _dependencies(rng, goal, former))
    return before, goal


def _dependencies(rng: random.Random, known: Plan, former: dict[str, Any] | None) -> dict[str, list[str]]:
    """Random ones for a new resource; those of an old one, as far as they are still there."""
    names = [entry["name"] for entry in known]
    if former is not None:
        return {key: [name for name in former[key] if name in names] for key in ("needs", "after")}
    return {
        key: sorted(rng.sample(names, min(len(names), rng.choice((0, 0, 1, 2)))))
        for key in ("needs", "after")
    }


def expected(plan: Plan) -> dict[str, dict[str, Any]]:
    """The world of a plan that is carried out: inputs by ID."""
    ids = {entry["name"]: f"{entry['name']}.{entry['kind']}" for entry in plan}
    return {
        ids[entry["name"]]: {
            "kind": entry["kind"],
            "value": entry["value"],
            "needs": [ids[name] for name in entry["needs"]],
        }
        for entry in plan
    }


class Bench:
    """Trials of a few plans; the stack before each is made once, and copied."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._span = 0.0
        """Seconds from the first change of an update to its end."""
        self._length = 0.0
        """Seconds that an update takes."""

    def trial(self, seed: int) -> Trial:
        """Kill one update, and let another carry on."""
        if not self._span:
            self._calibrate()
        rng = random.Random(seed)  # noqa: S311
        victims = rng.choice((["engine"], ["engine"], ["engine", "provider"]))
        trial = Trial(seed=seed, victims=victims, refresh=rng.random() < 0.5)
        project = self._project(seed % PLANS)
        words = (*UP, f"--refresh={str(trial.refresh).lower()}")
        # Most of an update's time goes into starting; most kills are to meet it at work.
        if rng.random() < 0.15:
            killed = _kill_after(project, words, trial, rng.uniform(0, self._length), after_change=False)
        else:
            killed = _kill_after(project, words, trial, rng.uniform(0, self._span), after_change=True)
        trial.faults += _unreadable(project)
        trial.pending = len(project.deployment().get("pending_operations") or [])
        if killed:
            trial.faults += _resume(project, words)
            trial.faults += faults(project, expected(plans(seed % PLANS)[1]))
        trial.end(killed=killed)
        shutil.rmtree(project.folder)
        return trial

    def _project(self, number: int) -> Project:
        """A project whose stack is as before the plan, and whose program asks for its goal."""
        prepared = self._folder / f"plan {number}"
        before, goal = plans(number)
        if not prepared.exists():
            prepared.mkdir()
            project = Project(prepared, None)
            project.write_program(PROGRAM)
            project.write_behaviour({"*": {**BEHAVIOUR["*"], "pace": 0}})
            (prepared / "plan.json").write_text(json.dumps(before))
            assert project.run("stack", "init", "dev").code == 0
            outcome = project.run(*UP)
            assert outcome.code == 0, outcome.output
            assert project.world.objects() == expected(before)
        copy = self._folder / "trial"
        shutil.copytree(prepared, copy)
        project = Project(copy, None)
        assert project.run("stack", "select", "dev").code == 0
        project.write_behaviour(BEHAVIOUR)
        (copy / "plan.json").write_text(json.dumps(goal))
        return project

    def _calibrate(self) -> None:
        project = self._project(0)
        started = time.monotonic()
        process = project.start(*UP)
        _wait_for_change(project, process)
        changed = time.monotonic()
        process.communicate()
        self._span, self._length = time.monotonic() - changed, time.monotonic() - started
        shutil.rmtree(project.folder)


def _kill_after(
    project: Project, words: Sequence[str], trial: Trial, seconds: float, *, after_change: bool
) -> bool:
    """Whether the update was still running; all of its processes are gone then."""
    before, started = project.world.changes(), time.monotonic()
    process = project.start(*words)
    if after_change:
        _wait_for_change(project, process)
    with suppress(subprocess.TimeoutExpired):
        process.wait(seconds)
    started_by_it = children(process.pid)
    if process.poll() is None:
        process.kill()
        trial.moment = round(time.monotonic() - started, 4)
        if "provider" in trial.victims:
            _kill_provider(project)
    process.communicate()
    trial.changed = project.world.changes() - before
    wait_for(lambda: not any(map(is_running, started_by_it)), "the end of the engine's children")
    return process.returncode == -signal.SIGKILL


def _wait_for_change(project: Project, process: subprocess.Popen[str]) -> None:
    before = project.world.changes()
    while project.world.changes() == before and process.poll() is None:
        time.sleep(0.002)


def _kill_provider(project: Project) -> None:
    log = project.fake / "calls.jsonl"
    if log.exists():  # else it has not been called yet, and knows nothing
        pid = json.loads(log.read_text().splitlines()[-1])["pid"]
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _unreadable(project: Project) -> Iterator[str]:
    """What is no JSON below the state's folder, and whether the engine itself refuses the state."""
    written = (path for path in (project.folder / "state").rglob("*.json*") if path.suffix != ".tmp")
    for path in sorted(written):
        try:
            json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            yield f"{path.name} is unreadable: {error}"
    export = project.run("stack", "export")
    if export.code:
        yield f"the state is refused: {export.output}"


def _resume(project: Project, words: Sequence[str]) -> Iterator[str]:
    """What a user does next, which must succeed: cancel, and update again."""
    if project.locks() and (cancelled := project.run("cancel", "--yes")).code:
        yield f"the lock can't be taken away: {cancelled.output}"
    if (again := project.run(*words)).code:
        yield f"the next update fails: {again.output[-2000:]}"
    if project.run("preview", "--expect-no-changes").code:
        yield "a further preview has changes"


def faults(project: Project, wanted: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """What of the world or of the state is not as it is wanted."""
    live, rows = project.world.objects(), {row["id"]: row["inputs"] for row in project.rows()}
    for place, found in (("world", live), ("state", rows)):
        if missing := sorted(wanted.keys() - found.keys()):
            yield f"the {place} lacks {missing}"
        if orphaned := sorted(found.keys() - wanted.keys()):
            yield f"the {place} still has {orphaned}"
        if different := sorted(key for key in wanted.keys() & found.keys() if wanted[key] != found[key]):
            yield f"the {place} has others for {different}"
    if twice := sorted(identifier for identifier, count in project.world.made().items() if count > 1):
        yield f"made twice: {twice}"
    if litter := sorted(path.name for path in (project.folder / "state").rglob("*.tmp")):
        yield f"half-written files are left: {litter}"


def main() -> None:
    """Run the trials; exits with 1 when one has faults."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--first-seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        sys.exit(trials("kills", Bench(Path(folder)).trial, options.runs, options.first_seed))


if __name__ == "__main__":
    main()
