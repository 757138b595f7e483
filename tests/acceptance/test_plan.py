"""The plan is what the updates do: run by hand, it leads to the same database."""

from __future__ import annotations

import subprocess

from psycopg.conninfo import conninfo_to_dict

from provider.postgres import own
from sandbox import installation
from sandbox.cluster import Cluster
from sandbox.databases import Target
from settings import LAST_PHASE
from tests.fix_project import Project
from tests.fix_rollout import ProductionAt
from tests.fix_sandbox import as_found
from tests.provider.dumps import dump


def by_hand(cluster: Cluster, target: Target, script: str) -> None:
    """Run a script as an administrator would."""
    parts = conninfo_to_dict(target.database_url)
    done = subprocess.run(
        [installation.find(cluster.layout).bin / "psql", "--no-psqlrc", "--set=ON_ERROR_STOP=1"],
        env={
            "PGHOST": str(parts["host"]),
            "PGPORT": str(parts["port"]),
            "PGUSER": str(parts["user"]),
            "PGPASSWORD": str(parts["password"]),
            "PGDATABASE": str(parts["dbname"]),
            "PGOPTIONS": "-c search_path= -c check_function_bodies=off",
        },
        input=script,
        capture_output=True,
        check=False,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def test_a_plan_leads_where_the_updates_do(
    production: Project, production_at: ProductionAt, sandbox_cluster: Cluster
) -> None:
    production.consent("production")
    plan = production.operations("plan", "--stack", "production")
    assert plan.code == 0, plan.text
    assert "takes away" in plan.out

    with as_found(sandbox_cluster, "production") as other:
        by_hand(sandbox_cluster, other, plan.out)
        updated, target = production_at(LAST_PHASE, consenting=True)
        # The gates' own records are there where they have passed.
        reached, planned = (dump(sandbox_cluster, each, without=[own.SCHEMA]) for each in (target, other))
        assert reached == planned

    again = updated.operations("plan", "--stack", "production")
    assert again.out == "-- Nothing to do.\n"


def test_a_preview_tells_what_users_will_notice(production: Project) -> None:
    run = production.pulumi("preview", "--stack", "production")
    assert run.code == 0, run.text
    for line in (
        "ACCESS EXCLUSIVE on public.profiles for a moment; gives way to users and tries again",
        "SHARE ROW EXCLUSIVE on auth.users for a moment; gives way to users and tries again",
        "fills 2 rows, 1000 at a time",
    ):
        assert line in run.text
    assert "takes away" not in run.text
    assert "takes away" not in production.operations("plan", "--stack", "production").out
    assert "on public.enhanced_lerg" not in run.text, "it is not there yet, so nobody waits for it"

    production.set("production", "dropProfileColumns", "true")
    warned = production.pulumi("preview", "--stack", "production").text
    assert "warning: takes away the column user_agent of public.profiles with all that it holds" in warned


def test_a_staging_preview_tells_nothing(staging: Project) -> None:
    assert "Diagnostics" not in staging.pulumi("preview", "--stack", "staging").text
