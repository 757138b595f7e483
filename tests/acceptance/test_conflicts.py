"""What happens to others' work when a command meets it: nothing of it is lost, and each has a way on."""

from __future__ import annotations

from typing import Any, NamedTuple

import psycopg
import pytest

from sandbox.cluster import Cluster
from sandbox.databases import Target
from tests.acceptance.test_bad_input import told
from tests.fix_project import Project
from tests.fix_rollout import ProductionAt
from tests.provider.dumps import dump

USERS = "SELECT id::text, role, subscription_status, plan_expires_at FROM public.profiles"
INDEX = "SELECT indexdef FROM pg_indexes WHERE indexname = 'idx_profiles_role'"

BY_HAND = """
CREATE INDEX idx_profiles_role ON public.profiles (created_at);
ALTER POLICY "Allow admin update access" ON public.lerg_codes USING (false);
INSERT INTO public.lerg_codes (npa, state, country) VALUES ('999', 'ZZ', 'US');
INSERT INTO auth.users (id, email) VALUES (gen_random_uuid(), 'new@example.test');
UPDATE public.profiles SET role = 'admin', subscription_status = 'by hand'
  WHERE id = (SELECT min(id::text)::uuid FROM public.profiles);
"""

IN_THE_WAY = (
    "public.idx_profiles_role exists already and differs in definition; take it over with "
    "`python -m operations adopt --stack STACK`, then look at the preview again"
)


def query(target: Target, text: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(target.database_url) as connection:
        return connection.execute(text.encode()).fetchall()


def by_hand(target: Target, text: str) -> None:
    with psycopg.connect(target.database_url) as connection:
        connection.execute(text.encode())


def users(target: Target) -> set[tuple[Any, ...]]:
    """Those who have a role are as they are after the backfill, too."""
    return {(key, role or "user", *others) for key, role, *others in query(target, USERS)}


class Met(NamedTuple):
    """A project whose update met what was changed by hand after its preview."""

    project: Project
    target: Target
    before: set[tuple[Any, ...]]
    """The users, before the update."""


@pytest.fixture
def met(production_at: ProductionAt) -> Met:
    production, target = production_at(3)
    production.set("production", "phase", "4")
    production.preview("production")
    by_hand(target, BY_HAND)
    before = users(target)
    run = production.pulumi("up", "--stack", "production", "--yes")
    assert run.code == 1
    assert told(run.text) == {IN_THE_WAY}, run.text
    return Met(production, target, before)


def assert_reached(project: Project, target: Target, before: set[tuple[Any, ...]]) -> None:
    """The goal, with all that others did in the meantime."""
    project.walk("production", range(4, 9))
    project.settled("production")
    assert users(target) == before
    assert query(target, "SELECT count(*) FROM public.lerg_codes WHERE npa = '999'") == [(1,)]


def test_an_update_keeps_what_its_preview_did_not_show(met: Met) -> None:
    project, target, before = met
    assert query(target, INDEX) == [
        ("CREATE INDEX idx_profiles_role ON public.profiles USING btree (created_at)",)
    ]
    assert users(target) == before

    by_hand(target, "DROP INDEX public.idx_profiles_role")
    assert_reached(project, target, before)


def test_what_is_in_the_way_can_be_taken_over(met: Met) -> None:
    project, target, before = met
    project.adopt("production")
    assert_reached(project, target, before)


def test_a_blank_database_is_not_adopted(project: Project, blank_database: Target) -> None:
    project.point("staging", blank_database)
    run = project.operations("adopt", "--stack", "staging")
    assert run.code == 1
    assert told(run.text) == {
        f"the database of staging ({blank_database.ref}, sandbox) has no table public.profiles, so it is "
        "neither environment; correct voip:databaseUrl"
    }
    assert not project.state_file("staging").exists()


def test_a_live_target_is_not_destroyed(
    staging: Project, staging_copy: Target, sandbox_cluster: Cluster
) -> None:
    before, rows = dump(sandbox_cluster, staging_copy), users(staging_copy)
    run = staging.pulumi("destroy", "--stack", "staging", "--yes")
    assert run.code == 1
    # Which of them are tried before the first refusal stops the rest is chance; secrets tell another step.
    kept = (
        "is live and not declared as retired, so it is kept; declare until which phase it exists, or take it",
        "is set and not declared as retired, so it is kept; take it out of the state",
    )
    assert told(run.text)
    assert all(any(each in message for each in kept) for message in told(run.text)), run.text
    assert dump(sandbox_cluster, staging_copy) == before
    assert users(staging_copy) == rows

    staging.adopt("staging")
    staging.settled("staging")


def test_a_scratch_target_is_destroyed(staging: Project, staging_copy: Target) -> None:
    staging.set("staging", "voip:scratch", "true")
    # An import can't tell what depends on what; the first update records it, and so the order of deletes.
    for command in ("up", "destroy"):
        run = staging.pulumi(command, "--stack", "staging", "--yes")
        assert run.code == 0, run.text
    assert query(staging_copy, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'") == []
