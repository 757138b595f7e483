"""Kill updates of what is sold with SIGKILL, and see whether the next heals: `python -m bench.stripe_kills`.

A trial begins with nothing sold, or with a plan whose prices, name and events are declared otherwise since.
The kill meets the update as it starts, at work, or while Stripe has a request and has given no answer: one
that it carries out, or one that it doesn't. Then the next update must succeed, a preview have nothing to do,
nothing be there twice, the webhook's secret be known, and from the first price on exactly one that can be
sold have answered to each lookup key after every request.

`bench/results/stripe_kills.jsonl` holds the machine and the command of a run, then one line for each trial;
a run from a later seed is added to what is there. An update that was over before its kill is told as
`outcome: not killed`, and made up for by another.
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
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any

import httpx

from bench.trials import KilledUpdate, trials
from sandbox import databases, lifecycle
from sandbox.apis.stripe.books import Accounts, Books, Object
from sandbox.cluster import Cluster
from sandbox.databases import Target
from tests.engine.processes import children, is_running, role_of, wait_for
from tests.fix_project import Project, project_at

PROGRAM = """
import json
import pathlib

import pulumi

from provider.schema.stripe import PortalConfiguration, Price, Product, WebhookActivation, WebhookEndpoint
from resources.declared import Declared

goal = json.loads(pathlib.Path("goal.json").read_text())
consent = pulumi.Config().get_bool("replaceWebhook") or False


def declared(shape, **wired):
    return Declared(shape, pulumi.ResourceOptions(), wired)


def price(key, amount):
    return declared(Price(lookup_key=key, product="", unit_amount=amount, interval=key), product=product)


product = declared(Product(key="plan", name=goal["name"])).output("product")
prices = [price(key, amount).output("price") for key, amount in goal["amounts"].items()]
declared(PortalConfiguration(name="portal", product="", prices=[]), product=product, prices=prices)
url = "https://x.supabase.co/functions/v1/hook"
version = "2026-10-28.endive"
hook = declared(
    WebhookEndpoint(name="hook", url=url, events=goal["events"], api_version=version, replace=consent)
)
told = {name: hook.output(name) for name in ("endpoint", "secret")}
declared(WebhookActivation(name="hook", endpoint="", function="hook"), **told)
"""
SOLD = {"name": "The plan", "amounts": {"month": 9900, "year": 99900}, "events": ["invoice.paid"]}
CHANGED = {
    "name": "Another plan",
    "amounts": {"month": 10900, "year": 109900},
    "events": ["charge.refunded", "invoice.paid"],
}
GOALS: dict[str, dict[str, Any]] = {"nothing": SOLD, "a plan": CHANGED}
"""What is wanted, by what is sold before."""
HELD = {
    "nothing": [
        "POST products",
        "POST prices",
        "POST billing_portal/configurations",
        "POST webhook_endpoints",
        "POST webhook_endpoints/*",
    ],
    "a plan": [
        "POST products/*",
        "POST prices",
        "POST prices/*",
        "POST billing_portal/configurations/*",
        "POST webhook_endpoints/*",
    ],
}
TWICE = ("POST prices", "POST prices/*", "POST webhook_endpoints/*")
"""Changes of which there are two in an update."""
CHANGES = 7
"""How many changes an update asks for."""
STACK = "staging"
UP = ("up", "--stack", STACK, "--yes", "--skip-preview")


@dataclass(kw_only=True)
class Trial(KilledUpdate):
    """One killed update and what became of it."""

    before: str
    """What is sold before: nothing, or a plan."""
    meets: str
    """What the kill meets: the start, the work, or a request."""
    held: str = ""
    """The request that was given no answer."""
    carried_out: bool = False
    """Whether that was done all the same."""
    requests: int = 0
    """Changes that Stripe had been asked for by then."""
    requests_after: int = 0
    """Those that the next update asked for."""


class Bench:
    """Trials on one project and its account, put back before each to what was there."""

    def __init__(self, cluster: Cluster, target: Target, folder: Path) -> None:
        self._accounts: Accounts = databases.accounts(cluster)
        self._ref, self._sold = target.ref, f"{target.ref}_sold"
        apis = lifecycle.status(cluster.layout.root).apis
        assert apis
        headers = {"authorization": f"Bearer {apis.token}"}
        self._sandbox = httpx.Client(base_url=apis.url, headers=headers, trust_env=False, timeout=60)
        self._folder = folder
        self._project = selling(project_at(folder / "a project"), target)
        self._prepare()

    def close(self) -> None:
        """Forget the account that the trials begin with."""
        self._accounts.remove(self._sold)
        self._sandbox.close()

    def trial(self, seed: int) -> Trial:
        """Kill one update, and let another carry on."""
        rng = random.Random(seed)  # noqa: S311  a trial can be repeated
        before = rng.choice(("nothing", "a plan", "a plan"))
        meets = rng.choices(("the start", "the work", "a request"), (1, 4, 5))[0]
        trial = Trial(
            seed=seed, victims=rng.choice((["engine"], ["engine", "provider"])), before=before, meets=meets
        )
        self._put_back(before)
        killed = self._killed(trial, rng)
        trial.requests = self._changes()
        if killed:
            trial.faults += [*self._resumed(), *self._wrong(before)]
            trial.requests_after = self._changes() - trial.requests
        trial.end(killed=killed)
        return trial

    def _prepare(self) -> None:
        self._succeed("stack", "init", STACK)
        self._keep("nothing")
        self._put_back("nothing")
        self._succeed(*UP)
        self._keep("a plan")
        self._accounts.copy(self._ref, self._sold)
        self._calibrate()

    def _calibrate(self) -> None:
        self._put_back("a plan")
        started = time.monotonic()
        process = self._project.start(*UP)
        self._wait(process, lambda: self._changes() > 0)
        self._start = time.monotonic() - started
        process.communicate()
        assert self._changes() == CHANGES

    def _killed(self, trial: Trial, rng: random.Random) -> bool:
        """Whether the update was still running; all of its processes are gone then."""
        if trial.meets == "a request":
            trial.held, trial.carried_out = rng.choice(HELD[trial.before]), rng.random() < 0.5
            self._hold(trial, rng.getrandbits(32))
        started = time.monotonic()
        process = self._project.start(*UP)
        self._await_moment(trial, rng, process)
        started_by_it = children(process.pid)
        trial.moment = round(time.monotonic() - started, 3)
        process.kill()
        if "provider" in trial.victims:
            for child in (pid for pid, command in started_by_it.items() if role_of(command) == "provider"):
                with suppress(ProcessLookupError):
                    os.kill(child, signal.SIGKILL)
        process.communicate()
        self._tell("faults", "PUT", faults=[])
        wait_for(lambda: not any(map(is_running, started_by_it)), "the end of the engine's children")
        return process.returncode == -signal.SIGKILL

    def _await_moment(self, trial: Trial, rng: random.Random, process: subprocess.Popen[str]) -> None:
        match trial.meets:
            case "the start":
                seconds = rng.uniform(0, self._start)
            case "the work":
                seconds, changes = rng.uniform(0, 0.2), rng.randint(1, CHANGES)
                self._wait(process, lambda: self._changes() >= changes)
            case _:
                seconds = rng.uniform(0, 0.05)
                self._wait(process, lambda: any(each["status"] == 0 for each in self._requests()))
        deadline = time.monotonic() + seconds
        self._wait(process, lambda: time.monotonic() >= deadline)

    def _hold(self, trial: Trial, seed: int) -> None:
        fault = {"kind": "timeout", "endpoint": trial.held, "applied": trial.carried_out, "times": 1}
        chance = 0.6 if trial.held in TWICE else 1.0
        self._tell("faults", "PUT", faults=[{**fault, "probability": chance}], seed=seed)

    def _resumed(self) -> Iterator[str]:
        """What of the next update is not as it should be."""
        locks = self._project.root / ".sandbox" / "state" / ".pulumi" / "locks"
        if any(locks.rglob("[!.]*.json")):
            self._succeed("cancel", "--stack", STACK, "--yes")
        if (again := self._project.pulumi(*UP)).code:
            yield f"the next update fails: {again.text[-2000:]}"
        if (preview := self._project.pulumi("preview", "--stack", STACK, "--expect-no-changes")).code:
            yield f"a further preview has changes: {preview.text[-2000:]}"

    def _wrong(self, before: str) -> Iterator[str]:
        exported = self._project.pulumi("stack", "export", "--stack", STACK, "--show-secrets").out
        with self._accounts.open(self._ref) as books:
            yield from faults(books, before)
            if any(endpoint["_secret"] not in exported for endpoint in books.all("webhook_endpoint")):
                yield "the state doesn't know the secret of the endpoint"

    def _put_back(self, before: str) -> None:
        state = self._project.root / ".sandbox" / "state"
        shutil.rmtree(state)
        shutil.copytree(self._folder / before, state)
        (self._project.root / "goal.json").write_text(json.dumps(GOALS[before]), "utf-8")
        if before == "nothing":
            self._accounts.make(self._ref, livemode=False)
        else:
            self._accounts.copy(self._sold, self._ref)
        self._tell("requests", "DELETE")

    def _keep(self, name: str) -> None:
        shutil.copytree(self._project.root / ".sandbox" / "state", self._folder / name)

    def _succeed(self, *arguments: str) -> None:
        run = self._project.pulumi(*arguments)
        assert run.code == 0, run.text

    def _wait(self, process: subprocess.Popen[str], until: Any) -> None:
        while process.poll() is None and not until():
            time.sleep(0.02)

    def _changes(self) -> int:
        return sum(each["count"] for each in self._requests() if not each["endpoint"].startswith("GET"))

    def _requests(self) -> list[dict[str, Any]]:
        told: list[dict[str, Any]] = self._tell("requests", "GET").json()
        return told

    def _tell(self, what: str, method: str, **told: Any) -> httpx.Response:
        answer = self._sandbox.request(method, f"/sandbox/{self._ref}/stripe/{what}", json=told)
        assert answer.is_success, answer.text
        return answer


def faults(books: Books, before: str) -> Iterator[str]:
    """What an account that was empty, or sold the plan, has beyond what it should, or not."""
    for kind in ("product", "billing_portal.configuration", "webhook_endpoint"):
        if (count := sum(1 for _ in books.all(kind))) != 1:
            yield f"{count} of {kind}"
    wanted = [(key, amount, True) for key, amount in GOALS[before]["amounts"].items()]
    if before != "nothing":
        wanted += [(None, amount, False) for amount in SOLD["amounts"].values()]  # type: ignore[attr-defined]
    found = [(price["lookup_key"], price["unit_amount"], price["active"]) for price in books.all("price")]
    if sorted(found, key=str) != sorted(wanted, key=str):
        yield f"the prices are {found}"
    yield from unsold(books)


def unsold(books: Books) -> Iterator[str]:
    """The moments, from the first price on, at which not exactly one that can be sold answered to a key."""
    prices: dict[str, Object] = {}
    known: set[str] = set()
    # What one request does is done at once; nobody sees the account between two of its events.
    for request, events in groupby([*books.all("event")][::-1], lambda event: event["request"]["id"]):
        told = [event["data"]["object"] for event in events]
        prices |= {item["id"]: item for item in told if item["object"] == "price"}
        known |= {price["lookup_key"] for price in prices.values() if price["lookup_key"]}
        for key in sorted(known):
            holders = [each for each in prices.values() if each["lookup_key"] == key and each["active"]]
            if len(holders) != 1:
                yield f"{len(holders)} prices answer to {key} after {request}"


def selling(project: Project, target: Target) -> Project:
    """Let a project's stack declare nothing but what `goal.json` says is sold."""
    (project.root / "__main__.py").unlink()
    (project.root / "__main__.py").write_text(PROGRAM, "utf-8")
    config = project.root / f"Pulumi.{STACK}.yaml"
    config.write_text(config.read_text("utf-8") + "  voip:landmark: auth.users\n", "utf-8")
    project.point(STACK, replace(target, api_url=""))  # no function is served that could be asked first
    return project


@contextmanager
def _blank(cluster: Cluster, ref: str) -> Iterator[Target]:
    target = databases.blank(cluster, ref)
    try:
        yield target
    finally:
        databases.drop(cluster, ref)


def main() -> None:
    """Run the trials; exits with 1 when one has faults."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--first-seed", type=int, default=1)
    options = parser.parse_args()
    cluster = lifecycle.start()
    with (
        _blank(cluster, f"stripe_kills_{options.first_seed}") as target,
        tempfile.TemporaryDirectory() as folder,
        closing(Bench(cluster, target, Path(folder))) as bench,
    ):
        sys.exit(trials("stripe_kills", bench.trial, options.runs, options.first_seed))


if __name__ == "__main__":
    main()
