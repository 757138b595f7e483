"""The drift watch: silent where all is as declared; what somebody changes by hand is told as what it is.

The cases are those of the preview, in `drift/`: the watch needs no state, and must see the same.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx
import psycopg
import pytest
import yaml

from operations.compare.drift import drifts
from provider.plane import Planes
from sandbox.apis.projects import Projects
from sandbox.cluster import Cluster
from sandbox.databases import Target
from settings import Settings, load_settings
from tests.acceptance.test_drift import Batch, drifted, whole
from tests.fix_apis import Api
from tests.fix_project import ROOT, Project
from tests.fix_sandbox import as_found
from tests.provider.test_survey import planes as planes_of

SIGNS = {"+": "missing", "~": "different", "-": "extra"}
BY_HAND = "DROP INDEX public.idx_profiles_role; CREATE VIEW public.names AS SELECT id FROM public.profiles"


def settings_of(stack: str, database: Target) -> Settings:
    config = yaml.safe_load((ROOT / f"Pulumi.{stack}.yaml").read_text("utf-8"))["config"]
    told = {
        key: str(value).lower() if isinstance(value, bool) else str(value) for key, value in config.items()
    }
    return load_settings({**told, "voip:projectRef": database.ref})


@pytest.fixture(scope="module")
def database(sandbox_cluster: Cluster, client: httpx.Client) -> Iterator[Target]:
    with as_found(sandbox_cluster, "staging") as target:
        # All cases look at one project, and would wait for the rate limit together.
        Api(target.ref, client, Projects(sandbox_cluster.layout)).limit(1_000_000)
        yield target


def told(database: Target) -> dict[str, tuple[str, set[str]]]:
    """By object: the sign, and the properties."""
    opened: Planes = planes_of(database)
    try:
        found = list(drifts(settings_of("staging", database), opened))
    finally:
        opened.close()
    return {
        each.key.split(":", 2)[2]: (
            each.sign,
            set(each.detail.split(", ")) if each.sign == "different" else set(),
        )
        for each in found
    }


def test_staging_is_as_declared(database: Target) -> None:
    assert told(database) == {}


OF_STAGING = [case for case in whole("drift") if case.values[0] == "staging"]


@pytest.mark.parametrize("batch", [pytest.param(each.values[1], id=each.id) for each in OF_STAGING])
def test_the_watch_sees_what_a_preview_shows(
    database: Target, sandbox_cluster: Cluster, batch: Batch
) -> None:
    with drifted(sandbox_cluster, database, batch):
        found = told(database)
    assert found == {
        line.object: (SIGNS[line.sign], set(line.properties) if line.sign == "~" else set())
        for drift in batch
        for line in drift.shows
    }


@pytest.mark.parametrize("stack", ["production", "staging"])
def test_an_environment_as_found_is_told_in_one_line(
    project: Project, stack: str, request: pytest.FixtureRequest
) -> None:
    project.point(stack, request.getfixturevalue(f"{stack}_copy"))
    run = project.operations("compare", "--against-declared", "--stack", stack)
    assert (run.code, run.err) == (0, "")
    assert run.out == f"{stack} is as declared at phase {0 if stack == 'production' else 8}.\n"


def test_what_changed_is_told_with_since_when(project: Project, staging_copy: Target) -> None:
    project.point("staging", staging_copy)
    command = ("compare", "--against-declared", "--stack", "staging")
    assert project.operations(*command, "--snapshot", "monday.json").code == 0
    taken = json.loads((project.root / "monday.json").read_text("utf-8"))["taken"]
    with psycopg.connect(staging_copy.database_url) as connection:
        connection.execute(BY_HAND.encode())
    run = project.operations(*command, "--since", "monday.json", "--snapshot", "tuesday.json")
    assert run.code == 3
    assert run.out.splitlines() == [
        "staging is not as declared at phase 8: 2 differences.",
        f"  - missing Index public.idx_profiles_role (changed since {taken})",
        f"  + extra View public.names: nobody declared it (changed since {taken})",
        "Look at them with `pulumi preview --stack staging --diff`.",
    ]
    later = project.operations(*command, "--since", "tuesday.json")
    assert later.code == 3
    taken = json.loads((project.root / "tuesday.json").read_text("utf-8"))["taken"]
    assert later.out.splitlines()[1] == f"  - missing Index public.idx_profiles_role (so already {taken})"
    assert "View" not in later.out


def test_a_message_stays_short(project: Project, staging_copy: Target) -> None:
    project.point("staging", staging_copy)
    with psycopg.connect(staging_copy.database_url) as connection:
        for number in range(20):
            connection.execute(f"CREATE TABLE public.extra_{number} ()".encode())
    run = project.operations("compare", "--against-declared", "--stack", "staging")
    assert run.code == 3
    assert len(run.out.splitlines()) == 15
    assert "  … and 28 more" in run.out
