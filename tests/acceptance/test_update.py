"""What the way to the goal leaves behind: nothing to do, nobody harmed, and staging's schema."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
import yaml
from psycopg import sql
from psycopg.rows import dict_row

from provider.postgres import own
from sandbox.apis.projects import Projects
from sandbox.cluster import Cluster
from sandbox.databases import Target
from settings import LAST_PHASE
from tests.fix_apis import Api
from tests.fix_project import Project
from tests.fix_rollout import ProductionAt
from tests.fix_sandbox import as_found
from tests.reached import CONSENTS

HERE = Path(__file__).parent

Users = dict[str, dict[str, Any]]

DEFAULTS = {
    "subscription_id": None,
    "current_period_start": None,
    "current_period_end": None,
    "cancel_at": None,
    "canceled_at": None,
    "last_payment_date": None,
    "total_uploads": 0,
    "cancel_at_period_end": False,
    "billing_period": None,
}
"""Section 9.1: what the new columns of an existing user hold, but for the email."""


def rows(target: Target, table: str) -> Users:
    query = sql.SQL("SELECT * FROM {}").format(sql.Identifier(*table.split(".")))
    with psycopg.connect(target.database_url, row_factory=dict_row) as connection:
        return {str(row["id"]): row for row in connection.execute(query)}


def intended(given: set[str]) -> set[str]:
    """The names of what production keeps or has beyond staging under some of the config's flags."""
    rows = yaml.safe_load((HERE / "intended.yaml").read_text("utf-8"))
    return {
        row["name"] for row in rows if row.get("with") in given or row.get("without", "") not in given | {""}
    }


def about(statement: str, names: set[str]) -> str:
    """The intended difference that a statement is about, or the statement itself."""
    return next((name for name in sorted(names) if name in statement), statement)


def migra(target: Target, wanted: Target) -> list[str]:
    """The statements by which migra would lead one database to the other."""
    command = [str(Path(sys.executable).parent / "migra"), "--unsafe", "--with-privileges"]
    command += ["--exclude_schema", own.SCHEMA]
    done = subprocess.run(
        [*command, target.database_url, wanted.database_url], capture_output=True, text=True, check=False
    )
    assert done.returncode in {0, 2}, done.stderr
    # A body holds semicolons of its own, and its statement tells enough without it.
    text = re.sub(r"\$function\$.*?\$function\$", "$function$", done.stdout, flags=re.DOTALL)
    return sorted(" ".join(statement.split()) for statement in text.split(";") if statement.strip())


@pytest.mark.parametrize("consenting", [False, True], ids=["cautious", "consenting"])
def test_the_phases_lead_to_the_goal(
    production_at: ProductionAt, production_copy: Target, staging_copy: Target, consenting: bool
) -> None:
    # Making this stop saw to it that nothing is left to do.
    _, target = production_at(LAST_PHASE, consenting=consenting)
    assert_same_users(target, production_copy, consenting)
    names = intended({*(CONSENTS if consenting else ()), "hardening"})
    assert {about(statement, names) for statement in migra(target, staging_copy)} == names


def test_without_hardening_they_lead_to_staging(
    production: Project,
    production_copy: Target,
    staging_copy: Target,
    sandbox_cluster: Cluster,
    client: httpx.Client,
) -> None:
    production.consent("production")
    production.set("production", "hardening", "false")
    production.walk("production", range(1, LAST_PHASE + 1))
    production.settled("production")
    with as_found(sandbox_cluster, "production") as found:
        assert_same_users(production_copy, found, consenting=True)
    names = intended(set(CONSENTS))
    assert {about(statement, names) for statement in migra(production_copy, staging_copy)} == names

    asked = Api(production_copy.ref, client, Projects(sandbox_cluster.layout)).counted()
    assert {status for _, status in asked} <= {200, 201, 404}, "the way there met the rate limit"
    backed_up = 6
    assert asked["POST functions/deploy", 201] - backed_up == 22


def assert_same_users(target: Target, found: Target, consenting: bool) -> None:
    """Every user is as they were found, but for what is declared to be filled or dropped."""
    accounts, profiles = rows(found, "auth.users"), rows(found, "public.profiles")
    assert rows(target, "auth.users") == accounts
    after = rows(target, "public.profiles")
    assert after.keys() == profiles.keys()
    assert len(after) == 14
    for user, profile in profiles.items():
        expected = {
            **profile,
            **DEFAULTS,
            "email": accounts[user]["email"],
            "role": profile["role"] or "user",
        }
        if consenting:
            del expected["user_agent"], expected["signup_method"]
        assert after[user] == expected


def test_the_observer_sees_the_gap_before(production_copy: Target, staging_copy: Target) -> None:
    assert len(migra(production_copy, staging_copy)) > 60
