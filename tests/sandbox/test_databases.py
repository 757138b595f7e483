"""Scratch databases: copies, blanks, and the file by which they are found."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from sandbox import databases
from sandbox.apis.process import Apis
from sandbox.apis.projects import Projects
from sandbox.cluster import Cluster
from sandbox.databases import ENVIRONMENTS, Target
from sandbox.errors import SandboxError
from tests.sandbox.reading import one


def test_the_environments_are_published_under_their_refs(sandbox_cluster: Cluster, apis: Apis) -> None:
    published = json.loads(sandbox_cluster.layout.targets.read_text())
    for name, ref in ENVIRONMENTS.items():
        assert published[ref] == {
            "name": name,
            "database_url": sandbox_cluster.url("postgres", name),
            "reader_url": sandbox_cluster.url("sandbox_reader", name),
            "management_url": apis.url,
            "access_token": apis.token,
            "stripe_url": apis.url,
            "stripe_key": databases.accounts(sandbox_cluster).key(ref),
            "api_url": apis.api_url(ref),
            "secrets": {
                "jwtSecret": f"{name}-tokens-of-the-sandbox-that-open-nothing",
                "sessionSecret": f"{name}-sessions-of-the-sandbox-alone",
                "lergApiKey": f"{name}-area-codes-of-the-sandbox-alone",
            },
        }


@pytest.mark.parametrize("source", ["production", ENVIRONMENTS["production"]])
def test_a_copy_is_what_its_source_is_now_under_a_ref_of_its_own(
    sandbox_cluster: Cluster, production_copy: Target, source: str
) -> None:
    with psycopg.connect(production_copy.database_url) as connection:
        connection.execute("DELETE FROM auth.users WHERE email = 'li.wei@example.com'")
    projects = Projects(sandbox_cluster.layout)
    project = projects.read(production_copy.ref)
    assert project
    del project.functions["unnamed"]
    projects.write(project)
    present = databases.copy(sandbox_cluster, production_copy.name, "present")
    built = databases.copy(sandbox_cluster, source, "built")
    try:
        for target, users in ((present, 13), (built, 14)):
            deployed = projects.read(target.ref)
            assert deployed
            assert (deployed.ref, len(deployed.functions)) == (target.ref, 6 if target is built else 5)
            with psycopg.connect(target.database_url) as connection:
                assert one(connection, "SELECT count(*) FROM auth.users") == users
                assert one(connection, "SHOW app.settings.project_ref") == target.ref
        assert {"present", "built"} < json.loads(sandbox_cluster.layout.targets.read_text()).keys()
    finally:
        databases.drop(sandbox_cluster, "present")
        databases.drop(sandbox_cluster, "built")
    assert "present" not in json.loads(sandbox_cluster.layout.targets.read_text())
    assert projects.read("present") is None


def test_a_database_in_use_isnt_copied(sandbox_cluster: Cluster, production_copy: Target) -> None:
    with (
        psycopg.connect(production_copy.database_url),
        pytest.raises(SandboxError, match="has open connections"),
    ):
        databases.copy(sandbox_cluster, production_copy.ref, "in_use")


def test_what_its_functions_keep_open_is_in_nobodys_way(
    sandbox_cluster: Cluster, production_copy: Target
) -> None:
    deployed = Projects(sandbox_cluster.layout).read(production_copy.ref)
    assert deployed
    with psycopg.connect(production_copy.database_url, application_name=min(deployed.functions)) as other:
        other.execute("SELECT 1")
        with pytest.raises(SandboxError, match="has open connections"):
            databases.copy(sandbox_cluster, production_copy.ref, "beside")
        other.commit()
        databases.copy(sandbox_cluster, production_copy.ref, "beside")
        databases.drop(sandbox_cluster, "beside")


def test_copies_can_be_made_at_once(sandbox_cluster: Cluster) -> None:
    refs = [f"at_once_{number}" for number in range(6)]
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda ref: databases.copy(sandbox_cluster, "staging", ref, from_seed=True), refs))
        assert set(refs) < json.loads(sandbox_cluster.layout.targets.read_text()).keys()
        list(pool.map(lambda ref: databases.drop(sandbox_cluster, ref), refs))
    assert not set(refs) & json.loads(sandbox_cluster.layout.targets.read_text()).keys()


def test_a_drop_ends_sessions(sandbox_cluster: Cluster) -> None:
    target = databases.blank(sandbox_cluster, "dropped")
    with psycopg.connect(target.database_url, autocommit=True) as connection:
        databases.drop(sandbox_cluster, "dropped")
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")


def test_what_is_refused(sandbox_cluster: Cluster, production_copy: Target) -> None:
    for call, told in (
        (lambda: databases.drop(sandbox_cluster, "production"), "no scratch database"),
        (lambda: databases.drop(sandbox_cluster, "unknown"), r"no database 'unknown'. It has: production \("),
        (lambda: databases.copy(sandbox_cluster, "unknown", "new"), "no database 'unknown'"),
        (
            lambda: databases.copy(sandbox_cluster, "blank", "new", from_seed=True),
            "production and staging have",
        ),
        (lambda: databases.blank(sandbox_cluster, production_copy.ref), "Drop it: python -m sandbox drop"),
        (lambda: databases.blank(sandbox_cluster, "Not-a-ref"), "can't be a project ref"),
        (lambda: databases.blank(sandbox_cluster, "x" * 41), "can't be a project ref"),
    ):
        with pytest.raises(SandboxError, match=told):
            call()


def test_passwords_stay_out_of_what_is_printed(sandbox_cluster: Cluster, production_copy: Target) -> None:
    printed = f"{sandbox_cluster!r} {production_copy!r}"
    assert not [password for password in sandbox_cluster.passwords.values() if password in printed]
