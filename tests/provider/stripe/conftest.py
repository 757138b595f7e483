"""The provider's view of an account of the sandbox's stand-in."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from bench.stripe_kills import SOLD, STACK, UP, selling
from provider.registry import Kind, stripe_kinds
from provider.schema.shape import Shape
from provider.stripe.account import Account as Books
from provider.target import Target
from sandbox import databases
from sandbox.apis.process import Apis
from sandbox.apis.stripe.books import Accounts
from sandbox.cluster import Cluster
from tests.fix_project import Project, Run
from tests.fix_stripe import Account

KindOf = Callable[[type[Shape]], Kind]
DEARER = {**SOLD, "amounts": {"month": 9900, "year": 109900}}


@dataclass(frozen=True)
class Shop:
    """A project that sells the plan, and its account."""

    project: Project
    account: Account
    accounts: Accounts

    def want(self, goal: dict[str, Any]) -> None:
        """Declare something else."""
        (self.project.root / "goal.json").write_text(json.dumps(goal), "utf-8")

    def up(self, code: int = 0) -> Run:
        """Update, which must end as it should."""
        run = self.project.pulumi(*UP)
        assert run.code == code, run.text
        return run

    def changes(self) -> dict[str, dict[str, Any]]:
        """What a preview shows: operation and properties by the resource's kind and name."""
        steps = self.project.preview(STACK)["steps"]
        return {
            step["urn"].split("$")[-1].split("::", 2)[-1]: {
                "op": step["op"],
                **{path: each["kind"] for path, each in (step.get("detailedDiff") or {}).items()},
            }
            for step in steps
            if step["op"] != "same"
        }

    def silent(self) -> None:
        """Nothing is left to do."""
        run = self.project.pulumi("preview", "--stack", STACK, "--expect-no-changes")
        assert run.code == 0, run.text

    def endpoints(self) -> dict[str, str]:
        """The status of each webhook endpoint."""
        return {each.id: each.status for each in self.account.stripe.v1.webhook_endpoints.list().data}

    def secrets(self) -> dict[str, str]:
        """What the state knows of the endpoint: its secret, and that of the one before it."""
        run = self.project.pulumi("stack", "export", "--stack", STACK, "--show-secrets")
        rows = json.loads(run.out)["deployment"]["resources"]
        (outputs,) = [row["outputs"] for row in rows if row["type"] == "voip:stripe:WebhookEndpoint"]
        shown = {name: outputs.get(name, "") for name in ("secret", "previousSecret")}
        return {
            name: json.loads(value["plaintext"]) if isinstance(value, dict) else value
            for name, value in shown.items()
        }

    def alter(self, kind: str, **changes: Any) -> None:
        """Let the account's one object of a kind be another than anybody could make it by the API."""
        with self.accounts.open(self.account.ref) as books:
            (live,) = books.all(kind)
            books.put(live | changes)


@pytest.fixture
def target(account: Account) -> Target:
    """The target of a provider that works on the test's account."""
    return account.target


@pytest.fixture
def kind(target: Target) -> KindOf:
    """The handlers that one provider process has."""
    kinds = stripe_kinds(Books(target, lambda: None), target)
    return lambda shape: kinds[shape.token]


@pytest.fixture
def later(target: Target) -> KindOf:
    """Those that another process has, later on."""
    return lambda shape: stripe_kinds(Books(target, lambda: None), target)[shape.token]


def written(account: Account) -> dict[str, int]:
    """How many changes were asked for, by endpoint."""
    counted: Counter[str] = Counter()
    for each in account.tell("requests", "GET"):
        if not each["endpoint"].startswith("GET"):
            counted[each["endpoint"]] += each["count"]
    return dict(counted)


@pytest.fixture
def shop(
    project: Project,
    blank_database: databases.Target,
    sandbox_cluster: Cluster,
    apis: Apis,
    client: httpx.Client,
) -> Iterator[Shop]:
    """Nothing is sold yet; the plan is declared."""
    selling(project, blank_database)
    assert project.pulumi("stack", "init", STACK, "--no-select").code == 0
    accounts = databases.accounts(sandbox_cluster)
    key = accounts.key(blank_database.ref)
    headers = {"authorization": f"Bearer {key}"}
    with httpx.Client(base_url=apis.url, headers=headers, trust_env=False, timeout=60) as api:
        account = Account(blank_database.ref, api, client, key)
        account.tell("rate", "PUT", requests=100_000, seconds=1)
        made = Shop(project, account, accounts)
        made.want(SOLD)
        yield made
