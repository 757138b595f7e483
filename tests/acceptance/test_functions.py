"""The edge functions of both environments, from the first preview to the last deployment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
import pytest

from operations import gap
from sandbox.apis.projects import Projects
from sandbox.cluster import Cluster
from sandbox.databases import Target
from tests.fix_apis import Api
from tests.fix_project import Project
from tests.fix_rollout import ProductionAt

DEBUG = ("debug-auth", "test-env")
PUBLIC = ("ALLOWED_ORIGINS", "STRIPE_PRICE_ID_MONTHLY", "STRIPE_PRICE_ID_ANNUAL")
"""What functions find beside the secrets, and anybody may know."""


ApiOf = Callable[[Target], Api]


@pytest.fixture
def api_of(sandbox_cluster: Cluster, client: httpx.Client) -> ApiOf:
    """A target's project at the Management API."""
    return lambda target: Api(target.ref, client, Projects(sandbox_cluster.layout))


def signs(project: Project, kind: str) -> dict[str, str]:
    """What a preview of production shows of a kind beside the database: the sign by the name."""
    return {
        step["urn"].rpartition("::")[2]: gap.SIGNS[step["op"]]
        for step in project.preview("production")["steps"]
        if step["op"] in gap.SIGNS and f"voip:supabase:{kind}::" in step["urn"]
    }


@contextmanager
def requests(api: Api) -> Iterator[Counter[str]]:
    """Filled at the end with how often the API was asked what."""
    api.client.delete(f"/sandbox/{api.ref}/requests")
    counted: Counter[str] = Counter()
    yield counted
    for (endpoint, _), count in api.counted().items():
        counted[endpoint] += count


def test_production_gets_nineteen_new_functions_and_three_newer_ones(production: Project) -> None:
    shown = signs(production, "Function")
    assert Counter(shown.values()) == {"+": 19, "~": 3}
    assert {slug for slug, sign in shown.items() if sign == "~"} == {
        "ping-status",
        "delete-user-account",
        "upload-lerg",
    }
    run = production.operations("unmanaged", "--stack", "production")
    assert "  voip:supabase:Function::unnamed\n" in run.out


def test_an_excluded_function_that_is_served_is_taken_away(
    project: Project, production_copy: Target, api_of: ApiOf
) -> None:
    deployed = api_of(production_copy)
    for slug in DEBUG:
        assert deployed.deploy(slug, {"index.ts": "Deno.serve(() => new Response());"}).status_code == 201
    project.point("production", production_copy)
    project.adopt("production")
    assert {slug: sign for slug, sign in signs(project, "Function").items() if sign == "-"} == dict.fromkeys(
        DEBUG, "-"
    )
    project.walk("production", [1])
    assert deployed.live.functions.keys() & set(DEBUG) == set()
    assert "unnamed" in deployed.live.functions
    assert len(deployed.live.functions) == 6


@pytest.mark.parametrize(
    ("phase", "asked"),
    # As it was found, production has no secret yet that anybody could ask for.
    [(0, {"GET functions": 1}), (3, {"GET functions": 1, "GET secrets": 1})],
)
def test_a_preview_asks_as_little_however_many_functions_there_are(
    production_at: ProductionAt, api_of: ApiOf, phase: int, asked: dict[str, int]
) -> None:
    production, target = production_at(phase)
    with requests(api_of(target)) as counted:
        production.preview("production")
    assert counted == asked


def test_no_secret_is_in_a_plan_or_a_state(production_at: ProductionAt, api_of: ApiOf) -> None:
    (before, found), (after, target) = production_at(0), production_at(6)
    plan = before.pulumi("preview", "--stack", "production", "--json").text
    assert "STRIPE_SECRET_KEY" in plan
    state = after.state("production").decode()
    live = api_of(target).live.secrets
    values = {name: secret.value for name, secret in live.items() if name not in PUBLIC}
    assert len(values) == 5
    # Each has its own account at Stripe; all else that a plan can know is the same.
    values["the account's key as it was found"] = found.stripe_key
    for name, value in values.items():
        assert value not in plan + state, name
