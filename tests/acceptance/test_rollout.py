"""The steps of the rollout as a person takes them, and what the gates make of it."""

from __future__ import annotations

import json
from typing import Any

import psycopg
import pytest

from sandbox.databases import Target
from tests.acceptance.test_bad_input import told
from tests.fix_project import Project
from tests.fix_rollout import ProductionAt


def query(target: Target, text: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(target.database_url, autocommit=True) as connection:
        cursor = connection.execute(text.encode())
        return cursor.fetchall() if cursor.description else []


def completed(target: Target) -> list[int]:
    return [level for (level,) in query(target, "SELECT level FROM voip_infra.rollout_passages ORDER BY id")]


def changed(project: Project, *arguments: str) -> dict[str, str]:
    """What a preview shows: the operation by the resource's name."""
    steps = project.preview("production", *arguments)["steps"]
    return {step["urn"].rpartition("::")[2]: step["op"] for step in steps if step["op"] != "same"}


def test_a_jump_and_an_update_without_a_phase_are_refused(
    production: Project, production_copy: Target
) -> None:
    follow = "`pulumi config set phase 1 --stack production && pulumi up --stack production`"
    run = production.pulumi("up", "--stack", "production", "--yes")
    assert run.code == 1
    assert told(run.text) == {
        "voip-accelerator-infra:phase is not set, and production has completed phase 0; "
        f"take the next step with {follow}"
    }
    run = production.step("production", 2)
    assert run.code == 1
    assert told(run.text) == {
        "voip-accelerator-infra:phase is 2, and production has completed phase 0; an update moves one phase "
        f"forward: {follow}"
    }
    # A preview of any phase is fine, and nothing remembers it.
    assert changed(production)["public.active_sessions"] == "create"
    assert query(production_copy, "SELECT to_regnamespace('voip_infra')") == [(None,)]


def test_a_step_rests_on_a_backup(production: Project) -> None:
    backups = production.root / "backups"
    production.set("production", "phase", "1")
    shown = changed(production)
    assert shown == {
        "backup": "create",
        "backup/database": "create",
        "backup/functions": "create",
        "phase 1": "create",
    }
    assert not backups.exists()
    production.walk("production", [1])
    taken = sorted(backups.glob("production/*/*/backup.json"))
    assert len(taken) == 2
    assert (backups / "production_profiles.csv").read_text("utf-8").count("\n") == 15

    # It is taken once, whatever a refresh finds.
    assert production.pulumi("refresh", "--stack", "production", "--yes").code == 0
    production.settled("production")
    production.walk("production", [1])
    assert sorted(backups.glob("production/*/*/backup.json")) == taken

    (backups / "production_profiles.csv").write_text("id\n", "utf-8")
    run = production.step("production", 2)
    assert run.code == 1
    (message,) = told(run.text)
    assert message.startswith("the backup of the database of 20")
    assert message.endswith(
        "production_profiles.csv was changed); take one with `python -m operations backup --stack "
        "production`, then run the same command again"
    )
    run = production.operations("backup", "--stack", "production", "--part", "database")
    assert run.code == 0, run.text
    assert run.out.startswith("Took a backup of the database and restored it: ")
    production.walk("production", [2])
    production.settled("production")


def test_a_preview_of_a_step_is_what_it_does(production_at: ProductionAt) -> None:
    production, target = production_at(1)
    production.set("production", "phase", "2")
    shown = changed(production)
    before = set(state(production))
    run = production.step("production", 2)
    assert run.code == 0, run.text
    created = {name for name, op in shown.items() if op == "create"}
    assert created == set(state(production)) - before
    assert {"phase 2", "public.enhanced_lerg"} <= created
    assert completed(target) == [1, 2]
    production.settled("production")


def state(project: Project) -> list[str]:
    document = json.loads(project.state("production"))
    return [row["urn"].rpartition("::")[2] for row in document["checkpoint"]["latest"]["resources"]]


def test_a_gate_that_fails_refuses_the_step(production_at: ProductionAt) -> None:
    production, target = production_at(3)
    query(
        target,
        "CREATE FUNCTION public.shorten() RETURNS trigger LANGUAGE plpgsql AS "
        "'BEGIN new.plan_expires_at := now(); RETURN new; END'",
    )
    query(
        target,
        "CREATE TRIGGER shortened BEFORE INSERT ON public.profiles "
        "FOR EACH ROW EXECUTE FUNCTION public.shorten()",
    )
    for _ in range(2):
        run = production.step("production", 4)
        assert run.code == 1
        (message,) = told(run.text)
        assert message.startswith("phase 4 is not complete, 1 of 10 items failed: 4.sign-up (section 12) ")
        assert "New user signup creates profile correctly with 7-day trial: saw user, trial, False" in message
        assert "go back with `pulumi config set phase 3 --stack production" in message
        assert completed(target) == [1, 2, 3]

    query(target, "DROP TRIGGER shortened ON public.profiles")
    production.walk("production", [4])
    assert completed(target) == [1, 2, 3, 4]
    production.settled("production")


def test_a_failed_gate_leaves_the_way_back_open(production_at: ProductionAt) -> None:
    production, target = production_at(3)
    query(target, "ALTER TABLE public.profiles ADD CONSTRAINT no_trial CHECK (role IS NULL) NOT VALID")
    assert production.step("production", 4).code == 1
    query(target, "ALTER TABLE public.profiles DROP CONSTRAINT no_trial")
    production.walk("production", [3])
    assert completed(target) == [1, 2, 3]
    production.settled("production")


def test_a_gate_runs_again_when_what_it_verified_was_changed(production_at: ProductionAt) -> None:
    production, target = production_at(4)
    query(target, "ALTER POLICY simple_select_policy ON public.profiles USING (true)")
    assert changed(production) == {"public.profiles/simple_select_policy": "update", "phase 4": "update"}
    production.walk("production", [4])
    assert completed(target) == [1, 2, 3, 4]
    production.settled("production")


def test_an_adopted_environment_has_passed_its_gates(staging: Project, staging_copy: Target) -> None:
    staging.settled("staging")
    run = staging.operations("verify", "--stack", "staging")
    assert run.code == 0, run.text
    assert "holds   4.sign-up (section 12) New user signup" in run.text
    assert query(staging_copy, "SELECT to_regnamespace('voip_infra')") == [(None,)]

    staging.walk("staging", [7])
    assert completed(staging_copy) == [7]
    staging.settled("staging")


def test_what_a_target_has_completed_is_adopted_with_it(production_at: ProductionAt) -> None:
    production, _ = production_at(2)
    run = production.pulumi("stack", "rm", "production", "--yes", "--force", "--preserve-config")
    assert run.code == 0, run.text
    production.adopt("production")
    # A state that knows of no backup takes one.
    assert set(changed(production)) == {"backup", "backup/database", "backup/functions"}


def test_lists_are_tried_at_any_time(production_at: ProductionAt) -> None:
    production, target = production_at(2)
    run = production.operations("verify", "--stack", "production", "--phase", "2")
    assert run.code == 0, run.text
    assert run.out.endswith("All 10 items hold.\n")
    assert "4.sign-up" not in run.out

    query(target, "DELETE FROM public.enhanced_lerg WHERE npa = '201'")
    run = production.operations("verify", "--stack", "production")
    assert run.code == 1
    assert run.err.startswith("error: 4 of 15 items do not hold\n")
    assert (
        "failed  2.lerg-450 (section 12) Verify enhanced_lerg has 450 records: saw False, wanted True"
        in run.err
    )

    run = production.operations("verify", "--stack", "production", "--phase", "5")
    assert run.code == 1
    assert run.err == "error: production has not completed phase 5; take its step first\n"


@pytest.mark.parametrize("role", ["anon", "authenticated", "service_role"])
def test_no_user_reaches_what_the_target_remembers(production_at: ProductionAt, role: str) -> None:
    _, target = production_at(1)
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="schema voip_infra"):
        query(target, f"SET ROLE {role}; SELECT FROM voip_infra.rollout_passages")
