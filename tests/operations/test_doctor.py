"""Each fault is made in turn on the sandbox, and found alone, with the right to grant or the step to take."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from operations.doctor import database, machine, management, stripe
from operations.doctor.finding import Finding
from operations.doctor.report import findings, line
from provider.postgres.session import ADVISORY_LOCK
from provider.supabase.management import LiveProject, Management
from provider.target import Target
from sandbox.apis.projects import Projects
from sandbox.cluster import Cluster
from sandbox.databases import Target as Database
from tests.fix_apis import Api
from tests.fix_project import Project
from tests.targets import target_of

SUPERUSER = "supabase_admin"
REGION = "us-west-1"


def missing(found: Iterator[Finding]) -> dict[str, str]:
    return {each.what: each.problem for each in found if each.problem}


@dataclass(frozen=True)
class Patient:
    """A target that lacks nothing until something is taken from it."""

    target: Target
    cluster: Cluster
    api: Api

    def superuser(self) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(
            make_conninfo(self.cluster.url(SUPERUSER, "postgres"), dbname=self.target_name)
        )

    @property
    def target_name(self) -> str:
        return str(psycopg.conninfo.conninfo_to_dict(self.target.database_url)["dbname"])


@pytest.fixture
def patient(sandbox_cluster: Cluster, staging_copy: Database, client: httpx.Client) -> Patient:
    target = target_of(
        staging_copy.ref,
        environment="staging",
        database_url=staging_copy.database_url,
        landmark="public.profiles",
        printed=Path("sql/printed.json"),
        management_url=staging_copy.management_url,
        access_token=staging_copy.access_token,
        stripe_url=staging_copy.stripe_url,
        stripe_key=staging_copy.stripe_key,
    )
    api = Api(staging_copy.ref, client, Projects(sandbox_cluster.layout))
    return Patient(target, sandbox_cluster, api)


def test_nothing_is_missing_where_nothing_is(patient: Patient) -> None:
    told = [line(each) for each in findings(patient.target, "")]
    assert [text for text in told if text.startswith("missing")] == []
    assert "works    database: may put triggers on auth.users" in told
    assert any(
        text.startswith("unknown  Management API: how many functions the plan allows") for text in told
    )


class TestDatabase:
    """What is found out by connecting."""

    @pytest.mark.parametrize(
        ("changed", "told"),
        [
            ({"port": "1"}, "can't be reached: "),
            ({"password": "canary"}, "can't be reached: "),
            ({"dbname": "postgres"}, "has no table public.profiles|leads outside the sandbox"),
        ],
    )
    def test_one_that_is_not_reached(self, patient: Patient, changed: dict[str, str], told: str) -> None:
        url = make_conninfo(patient.target.database_url, **changed)
        found = missing(database.findings(replace(patient.target, database_url=url)))
        assert list(found) == ["reached"]
        assert any(part in found["reached"] for part in told.split("|"))
        assert "canary" not in found["reached"]

    def test_one_of_another_project(self, patient: Patient) -> None:
        found = missing(database.findings(replace(patient.target, project_ref="other")))
        assert "leads to the project" in found["reached"]

    def test_a_role_that_can_only_read(self, patient: Patient, staging_copy: Database) -> None:
        reader = replace(patient.target, database_url=staging_copy.reader_url)
        found = missing(database.findings(reader))
        assert "GRANT CREATE ON SCHEMA public TO" in found["may create in public"]
        assert "GRANT TRIGGER ON auth.users TO" in found["may put triggers on auth.users"]
        assert "OWNER TO" in found["may change every table of public"]
        assert {"sees all rows", "reads auth.users"}.isdisjoint(found)

    def test_a_role_from_which_rows_are_hidden(self, patient: Patient) -> None:
        with role(patient) as url:
            found = missing(database.findings(replace(patient.target, database_url=url)))
        assert "BYPASSRLS" in found["sees all rows"]
        assert "GRANT SELECT ON auth.users TO" in found["reads auth.users"]
        assert "GRANT CREATE ON DATABASE" in found["may create schemas in staging"]

    def test_an_update_that_runs(self, patient: Patient) -> None:
        with psycopg.connect(patient.target.database_url) as other:
            other.execute("SELECT pg_advisory_lock(%s)", [ADVISORY_LOCK])
            found = missing(database.findings(patient.target))
            assert found == {
                "no update is running": f"server process {other.info.backend_pid} holds its lock; "
                "wait until it ends"
            }
        assert missing(database.findings(patient.target)) == {}

    @pytest.mark.parametrize("seconds", [-100, 100])
    def test_a_clock_that_is_wrong(self, patient: Patient, seconds: int) -> None:
        found = missing(database.findings(patient.target, lambda: time.time() + seconds))
        assert list(found) == ["its clock and this machine's agree"]
        assert "set this machine's clock" in found["its clock and this machine's agree"]


@contextmanager
def role(patient: Patient) -> Iterator[str]:
    """The URL of a role without any right."""
    name, password = f"doctored_{secrets.token_hex(6)}", secrets.token_hex(6)
    named = sql.Identifier(name)
    with patient.superuser() as connection:
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(named, sql.Literal(password)))
        connection.commit()
        try:
            yield make_conninfo(patient.target.database_url, user=name, password=password)
        finally:
            connection.execute(sql.SQL("DROP ROLE {}").format(named))


class TestManagementApi:
    """What the token is granted."""

    @pytest.mark.parametrize(
        ("endpoint", "what", "right"),
        [
            ("GET project", "sees the project", "project_admin_read"),
            ("GET functions", "reads edge functions", "edge_functions_read"),
            ("GET secrets", "reads the names of secrets", "edge_functions_secrets_read"),
        ],
    )
    def test_a_right_that_is_not(self, patient: Patient, endpoint: str, what: str, right: str) -> None:
        patient.api.fail({"status": 403, "endpoint": endpoint})
        found = missing(management.findings(patient.target, ""))
        assert list(found) == [what]
        assert f"give the token the right {right}" in found[what]

    @pytest.mark.parametrize(
        ("token", "told"), [("canary", "the token is not valid"), ("", "voip:accessToken of")]
    )
    def test_a_token_that_is_none(self, patient: Patient, token: str, told: str) -> None:
        found = missing(management.findings(replace(patient.target, access_token=token), ""))
        assert len(found) == 3
        assert all(told in problem and "canary" not in problem for problem in found.values())

    def test_an_api_that_is_down(self, patient: Patient) -> None:
        found = missing(management.findings(replace(patient.target, management_url="http://127.0.0.1:1"), ""))
        assert all("can't be reached" in problem for problem in found.values())

    def test_a_project_in_another_region(self, patient: Patient) -> None:
        live = patient.api.live.region
        assert missing(management.findings(patient.target, live)) == {}
        found = missing(management.findings(patient.target, "eu-north-9"))
        assert (
            f"it lies in {live}, and voip:region is eu-north-9"
            in found["the project lies where it is expected"]
        )

    def test_a_project_that_is_paused(self, patient: Patient, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(Management, "project", lambda _: LiveProject("one", REGION, "PAUSING"))
        found = missing(management.findings(patient.target, REGION))
        assert "its status is PAUSING" in found["the project is healthy"]


class TestStripe:
    """What the key is for."""

    @pytest.mark.parametrize(
        ("key", "told"),
        [
            ("sk_live_canary", "is a live key, and staging takes test keys"),
            ("pk_test_canary", "is no secret key of Stripe's"),
            ("", "voip:stripeKey is "),
        ],
    )
    def test_a_key_of_the_wrong_kind(self, patient: Patient, key: str, told: str) -> None:
        found = missing(stripe.findings(replace(patient.target, stripe_key=key)))
        problem = found["the key is of the mode that the environment takes"]
        assert told in problem
        assert "canary" not in problem

    def test_a_key_that_stripe_does_not_know(self, patient: Patient) -> None:
        found = missing(stripe.findings(replace(patient.target, stripe_key="sk_test_canary")))
        assert len(found) == 4
        assert all("Stripe refuses voip:stripeKey" in problem for problem in found.values())

    def test_stripe_out_of_reach(self, patient: Patient, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("provider.stripe.account.RETRIES", 0)
        found = missing(stripe.findings(replace(patient.target, stripe_url="http://127.0.0.1:1")))
        assert all("Stripe can't be reached" in problem for problem in found.values())


class TestMachine:
    """What runs the updates."""

    def told(self, patient: Patient, kind: str) -> dict[str, str]:
        return missing(machine.findings(replace(patient.target, kind=kind)))  # type: ignore[arg-type]

    def test_the_embedded_engine_changes_no_hosted_project(
        self, patient: Patient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PULUMI_EMBEDDED", "1")
        assert self.told(patient, "sandbox") == {}
        assert list(self.told(patient, "hosted")) == ["the engine may change a hosted project"]

    @pytest.mark.parametrize(("version", "wrong"), [("v3.100.0", True), ("v3.260.0", False)])
    def test_a_cli_that_is_too_old(
        self, patient: Patient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, version: str, wrong: bool
    ) -> None:
        cli = tmp_path / "cli"
        cli.write_text(f"#!/bin/sh\necho {version}\n")
        cli.chmod(0o700)
        monkeypatch.delenv("PULUMI_EMBEDDED", raising=False)
        monkeypatch.setenv("PULUMI_CLI", str(cli))
        found = self.told(patient, "hosted")
        assert bool(found) == wrong
        assert all("upgrade it" in problem for problem in found.values())


def test_the_command_ends_as_it_found(project: Project, staging_copy: Database) -> None:
    project.point("staging", staging_copy)
    well = project.operations("doctor", "--stack", "staging")
    assert (well.code, well.out.splitlines()[-1]) == (0, "Nothing is missing."), well.text
    project.set("staging", "voip:landmark", "public.nowhere")
    ill = project.operations("doctor", "--stack", "staging")
    assert (ill.code, ill.out) == (1, "")
    assert ill.err.splitlines()[0].startswith("error: 1 of ")
    assert "has no table public.nowhere" in ill.err
