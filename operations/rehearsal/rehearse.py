"""`python -m operations rehearse`: all phases on a copy, one after the other, with users at work."""

from __future__ import annotations

import argparse
import subprocess
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from components.rollout import PHASES
from operations.errors import OperationError
from operations.pulumi import stack_config
from operations.rehearsal import rows
from operations.rehearsal.pages import text, written
from operations.rehearsal.report import Report, Step, held, slowest, summed, waits, within
from operations.rehearsal.scratch import Scratch, scratch
from operations.rehearsal.statements import logged
from operations.rehearsal.users import Users
from operations.rehearsal.watch import Watch
from sandbox.cluster import ADMIN
from settings import Settings, load_settings


def options(parser: argparse.ArgumentParser) -> None:
    """Of its command line."""
    parser.add_argument("--stack", required=True)
    parser.add_argument("--dump", help="a dump of the real thing, as a backup has it")
    parser.add_argument("--rate", type=float, default=50, help="users' statements a second")
    parser.add_argument("--to", default="rehearsed", help="the folder of the report")
    parser.set_defaults(
        run=lambda options: rehearse(options.stack, dump=options.dump, rate=options.rate, to=options.to)
    )


def rehearse(stack: str, *, dump: str | None, rate: float, to: str) -> str:
    """Walk every phase on a copy and write the report; refused where a team should not go ahead."""
    settings = load_settings(stack_config(stack))
    with scratch(stack, settings.environment, Path(dump) if dump else None) as copy:
        report = walked(copy, settings, rate=rate, source=dump or f"{settings.environment} as it was found")
    told = f"{text(report)}\nWrote {', '.join(map(str, written(report, Path(to))))}."
    if not report.well:
        raise OperationError(f"the rehearsal of {settings.environment} did not go well\n{told}")
    return told


def walked(copy: Scratch, settings: Settings, *, rate: float, source: str) -> Report:
    """All phases, one after the other; the first that fails is the last."""
    _must(copy.operations("adopt"))
    url = copy.target.database_url
    began, at = datetime.now(UTC), time.monotonic()
    before, users_before = rows.counts(url), rows.write_users(url, copy.folder)
    users = Users(copy, rate, at)
    watch = Watch(copy.cluster.url(ADMIN, copy.target.name), at)
    with logged(copy) as sent, watch.looking(), users.at_work():
        steps = list(_steps(copy, settings, users))
        worked = time.monotonic() - at
    again = "" if steps[-1].problem else _again(copy)
    return Report(
        environment=settings.environment,
        source=source,
        began=began.isoformat(timespec="seconds"),
        seconds=worked,
        rate=rate,
        reached_rate=len(users.calls) / worked,
        rows=before,
        steps=[_with_users(step, users) for step in steps],
        calls=list(summed(users.calls)),
        waits=waits(users.calls, worked),
        problems=dict(Counter(f"{call.kind}: {call.problem}" for call in users.calls if call.problem)),
        locks=held(watch.holds),
        slowest=slowest(sent),
        changes=list(_changes(url, users_before, settings)),
        again=again,
    )


def _steps(copy: Scratch, settings: Settings, users: Users) -> Iterator[Step]:
    for phase in PHASES[1 : settings.goal + 1]:
        at = time.monotonic()
        _must(copy.pulumi("config", "set", "phase", str(phase.number)))
        done = copy.pulumi("up", "--yes", "--skip-preview")
        problem = _last_words(done.stderr + done.stdout) if done.returncode else ""
        yield Step(
            phase=phase.number,
            title=phase.title,
            at=at - users.began,
            seconds=time.monotonic() - at,
            problem=problem,
            rows=rows.counts(copy.target.database_url),
        )
        if problem:
            return
        users.completed = phase.number


def _with_users(step: Step, users: Users) -> Step:
    calls = within(users.calls, step.at, step.at + step.seconds)
    return msgspec.structs.replace(
        step,
        longest=max((call.seconds for call in calls), default=0.0),
        failed=sum(bool(call.problem) for call in calls),
    )


def _changes(url: str, before: Mapping[str, Path], settings: Settings) -> Iterator[rows.Change]:
    for table, file in before.items():
        yield from rows.changes(table, rows.written_users(file), rows.live_users(url, table), settings)


def _again(copy: Scratch) -> str:
    done = copy.pulumi("preview", "--expect-no-changes")
    return _last_words(done.stdout + done.stderr) if done.returncode else ""


def _must(done: subprocess.CompletedProcess[str]) -> None:

    if done.returncode:
        raise OperationError(f"the rehearsal could not begin: {_last_words(done.stdout + done.stderr)}")


def _last_words(said: str) -> str:
    errors = [line.strip() for line in said.splitlines() if line.strip().startswith("error: ")]
    return (errors or [line.strip() for line in said.splitlines() if line.strip()] or ["it said nothing"])[-1]
