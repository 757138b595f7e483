"""All phases with users at work, beside the same changes as one plain script: `python -m bench.rollout`.

One copy of production is walked through all phases by `pulumi up`; another gets what `operations plan` prints
for the whole way, as one transaction and without CONCURRENTLY. The same users ask both for `--rate`
statements a second. Then both once more, while somebody else's transaction has read a row of `profiles` and
stays open for `--hold` seconds (with 0, not so), from the start of the steps that change that table.
`--profiles` makes up so many users beforehand.

`bench/results/rollout.json` (`rollout_<n>_profiles.json`) holds the machine, the command and the load, and
for each of the four: seconds, users' statements, failed and empty answers, the longest wait and the 99th
percentile, the longest hold of a lock on a table with users at which a writer waits, in milliseconds, and
the memory of the largest process of the phases.
"""

from __future__ import annotations

import argparse
import json
import re
import resource
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any, LiteralString

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from bench.production import PHASES, STACK
from bench.record import keep, machine
from operations.rehearsal.report import held
from operations.rehearsal.scratch import Scratch, scratch
from operations.rehearsal.users import Call, Users
from operations.rehearsal.watch import UPDATER, Watch
from sandbox import lifecycle
from sandbox.cluster import ADMIN

USED = ("auth.users", "public.profiles", "public.lerg_codes")
"""The tables that users had before the rollout."""
HELD_IN = (2, 4)
"""The phases that change `profiles`."""
AROUND = 3.0
"""Seconds of users at work before the first change, and after the last."""
_PINS = b"SET search_path = ''; SET check_function_bodies = off"
_MADE_UP: LiteralString = """
SET session_replication_role = replica;
INSERT INTO auth.users (instance_id, id, aud, role, email, raw_app_meta_data, raw_user_meta_data,
  confirmation_token, recovery_token, email_change_token_new, email_change, created_at, updated_at)
SELECT '00000000-0000-0000-0000-000000000000', gen_random_uuid(), 'authenticated', 'authenticated',
  'made.up.' || n || '@example.com', '{{}}', '{{}}', '', '', '', '', now(), now()
FROM generate_series(1, {number}) AS n;
INSERT INTO public.profiles (id, role, plan_expires_at, subscription_status, user_agent, signup_method)
SELECT id, CASE WHEN random() < 0.9 THEN 'user' END, now() + interval '7 days', 'trial', 'made up', 'email'
FROM auth.users WHERE email LIKE 'made.up.%';
ANALYZE auth.users, public.profiles;
"""

Way = Callable[[Scratch, Users], str]
"""Gives why it did not come to its end, or an empty text."""


def measured(way: Way, rate: float, profiles: int) -> dict[str, Any]:
    """The figures of one way to the goal, with users at work."""
    with scratch(STACK, STACK, None) as copy:
        _make_up(copy, profiles)
        _must(copy, "adopt")
        began = time.monotonic()
        users = Users(copy, rate, began)
        watch = Watch(copy.cluster.url(ADMIN, copy.target.name), began)
        with watch.looking(), users.at_work():
            time.sleep(AROUND)
            at = time.monotonic()
            problem = way(copy, users)
            seconds = time.monotonic() - at
            time.sleep(AROUND)
        return {
            "seconds": round(seconds, 1),
            "problem": problem,
            **_of_users(users.calls, time.monotonic() - began),
            "locks": {
                f"{lock.lock} on {lock.table}": round(lock.longest * 1000)
                for lock in held(watch.holds)
                if lock.blocks and lock.table in USED
            },
        }


def by_phases(hold: float) -> Way:
    """`pulumi up` for each phase; somebody holds a lock for so many seconds in those that change profiles."""

    def walk(copy: Scratch, users: Users) -> str:
        for phase in PHASES:
            _succeed(copy.pulumi("config", "set", "phase", str(phase)))
            with holding(copy, hold) if hold and phase in HELD_IN else nullcontext():
                _succeed(copy.pulumi("up", "--yes", "--skip-preview"))
            users.completed = phase
        return ""

    return walk


def by_script(hold: float) -> Way:
    """The whole plan as one transaction, as somebody writes it who thinks of no users."""

    def run(copy: Scratch, users: Users) -> str:
        script = plain(_must(copy, "plan"))
        url = make_conninfo(copy.target.database_url, application_name=UPDATER)
        try:
            with psycopg.connect(url) as connection, holding(copy, hold) if hold else nullcontext():
                connection.execute(_PINS)
                connection.execute(script.encode())
        except psycopg.Error as error:
            return str(error).splitlines()[0]
        users.completed = PHASES[-1]
        return ""

    return run


def plain(plan: str) -> str:
    """A plan's statements without its own transactions, and without what lets users go on meanwhile."""
    lines = [line for line in plan.splitlines() if line not in ("BEGIN;", "COMMIT;")]
    return re.sub(r"\b(INDEX) CONCURRENTLY\b", r"\1", "\n".join(lines))


@contextmanager
def holding(copy: Scratch, seconds: float) -> Iterator[None]:
    """Somebody's transaction that has read profiles and stays open, from now on."""
    begun, ended = threading.Event(), threading.Event()

    def hold() -> None:
        with psycopg.connect(copy.target.database_url, application_name="slow") as connection:
            connection.execute("SELECT FROM public.profiles LIMIT 1")
            begun.set()
            ended.wait(seconds)

    thread = threading.Thread(target=hold)
    thread.start()
    begun.wait()
    try:
        yield
    finally:
        thread.join()


def _of_users(calls: Sequence[Call], seconds: float) -> dict[str, Any]:
    took = sorted(call.seconds for call in calls)
    return {
        "statements": len(calls),
        "statements a second": round(len(calls) / seconds, 1),
        "failed": sum(bool(call.problem) and call.problem != "an empty answer" for call in calls),
        "empty": sum(call.problem == "an empty answer" for call in calls),
        "longest ms": round(took[-1] * 1000),
        "p99 ms": round(took[int(len(took) * 0.99)] * 1000, 1),
    }


def _make_up(copy: Scratch, number: int) -> None:
    with psycopg.connect(copy.cluster.url(ADMIN, copy.target.name), autocommit=True) as connection:
        if number:
            connection.execute(sql.SQL(_MADE_UP).format(number=number))


def _must(copy: Scratch, *words: str) -> str:
    return _succeed(copy.operations(*words))


def _succeed(done: Any) -> str:
    assert done.returncode == 0, done.stdout + done.stderr
    return str(done.stdout)


def _largest() -> int:
    """The memory of the largest process that this one has waited for, and those that they have, in MB."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024


def main() -> None:
    """Measure, print and keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=200)
    parser.add_argument("--hold", type=float, default=30)
    parser.add_argument("--profiles", type=int, default=0)
    options = parser.parse_args()
    lifecycle.start()
    before = machine()
    figures: dict[str, Any] = {
        "rate": options.rate,
        "hold": options.hold,
        "made-up profiles": options.profiles,
    }
    name = f"rollout_{options.profiles}_profiles" if options.profiles else "rollout"
    ways = {"phases": by_phases(0), "script": by_script(0)}
    if options.hold:
        ways |= {
            "phases, a lock held": by_phases(options.hold),
            "script, a lock held": by_script(options.hold),
        }
    for title, way in ways.items():
        figures[title] = measured(way, options.rate, options.profiles)
        if title == "phases":
            figures[title]["largest process MB"] = _largest()
        keep("rollout", before, figures, name)
        sys.stdout.write(f"{title}: {json.dumps(figures[title])}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
