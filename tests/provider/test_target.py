"""The target of a provider process, from its config."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict

from provider.errors import ProviderError
from provider.target import SANDBOX_TARGETS, load_target

CONFIG = {"environment": "production", "projectRef": "abc"}
URL = "postgresql://postgres:s3cret@db.abc.supabase.co:5432/postgres"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    targets = {
        "abc": {"database_url": "postgresql://a", "management_url": "http://a", "access_token": "canary"},
        "def": {"database_url": "postgresql://c", "management_url": "http://a", "access_token": "canary"},
    }
    path = tmp_path / SANDBOX_TARGETS
    path.parent.mkdir()
    path.write_text(json.dumps(targets), "utf-8")
    return tmp_path


def test_the_sandbox_is_the_default(root: Path) -> None:
    target = load_target(CONFIG, root)
    assert (target.kind, target.environment, target.project_ref) == ("sandbox", "production", "abc")
    assert target.database_url == "postgresql://a"
    assert (target.management_url, target.access_token) == ("http://a", "canary")
    assert target.functions == root / "functions"
    assert target.landmark == "public.profiles"
    assert target.printed == root / "sql" / "printed.json"
    assert not target.scratch


def test_a_url_of_the_config_goes_before_the_sandboxs(root: Path) -> None:
    target = load_target({**CONFIG, "databaseUrl": URL, "scratch": "true", "landmark": "a.b"}, root)
    assert (target.database_url, target.scratch, target.landmark) == (URL, True, "a.b")


@pytest.fixture
def hosted(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "ca.crt").write_text("a certificate", "utf-8")
    return {**CONFIG, "target": "hosted", "databaseUrl": URL, "databaseCa": "ca.crt"}


def test_a_hosted_project_is_reached_with_its_own_token(tmp_path: Path, hosted: dict[str, str]) -> None:
    given = hosted
    target = load_target({**given, "accessToken": "canary"}, tmp_path)
    assert (target.management_url, target.access_token) == ("https://api.supabase.com", "canary")
    assert target.functions_url == "https://abc.supabase.co/functions/v1"
    assert load_target(given, tmp_path).access_token == ""


@pytest.mark.parametrize("url", [URL, f"{URL}?sslmode=disable", f"{URL}?sslmode=require&sslrootcert=system"])
def test_a_hosted_database_must_prove_itself(tmp_path: Path, hosted: dict[str, str], url: str) -> None:
    parts = conninfo_to_dict(load_target({**hosted, "databaseUrl": url}, tmp_path).database_url)
    assert parts["sslmode"] == "verify-full"
    assert parts["sslrootcert"] == str(tmp_path / "ca.crt")
    assert (parts["host"], parts["password"]) == ("db.abc.supabase.co", "s3cret")


def test_a_url_that_is_none_is_left_to_who_connects(tmp_path: Path, hosted: dict[str, str]) -> None:
    assert load_target({**hosted, "databaseUrl": "s3cret"}, tmp_path).database_url == "s3cret"


def test_a_hosted_project_is_not_kept_where_the_sandbox_is(tmp_path: Path, hosted: dict[str, str]) -> None:
    (tmp_path / "Pulumi.yaml").write_text("backend: {url: 'file://./.sandbox/state'}\n", "utf-8")
    with pytest.raises(ProviderError, match="whose passphrase is public; name a backend of your own"):
        load_target(hosted, tmp_path)


def test_a_target_is_told_without_its_secrets(tmp_path: Path, hosted: dict[str, str]) -> None:
    target = load_target({**hosted, "accessToken": "canary"}, tmp_path)
    assert f"{target} {target!r}" == "production (abc, hosted) production (abc, hosted)"


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (
            {"projectRef": "abc"},
            "voip:environment is not set; set it with `pulumi config set voip:environment VALUE`",
        ),
        (
            {"environment": "production"},
            "voip:projectRef is not set; set it with `pulumi config set voip:projectRef VALUE`",
        ),
        (
            {**CONFIG, "target": "hosted"},
            "voip:databaseUrl is not set; set it with `pulumi config set --secret voip:databaseUrl`",
        ),
        (
            {**CONFIG, "target": "hosted", "databaseUrl": URL},
            "voip:databaseCa is not set, and without that certificate any server could answer; "
            "download it from the database settings of the project, under SSL configuration, and set its "
            "path with `pulumi config set voip:databaseCa FILE`",
        ),
        (
            {**CONFIG, "target": "hosted", "databaseUrl": URL, "databaseCa": "none.crt"},
            "voip:databaseCa is none.crt, and there is no such file; download it from the database settings "
            "of the project, under SSL configuration, to that place",
        ),
        ({**CONFIG, "target": "cloud"}, "voip:target is 'cloud'; it must be one of sandbox, hosted"),
        ({**CONFIG, "scratch": "yes"}, "voip:scratch is 'yes'; it must be one of false, true"),
        (
            {**CONFIG, "projectRef": "xyz"},
            "voip:projectRef is xyz, which the sandbox does not hold; it holds abc, def",
        ),
    ],
)
def test_a_config_that_can_not_be_used_is_refused(root: Path, config: dict[str, str], message: str) -> None:
    with pytest.raises(ProviderError) as raised:
        load_target(config, root)
    assert str(raised.value) == message


def test_without_a_sandbox_the_way_to_it_is_told(tmp_path: Path) -> None:
    with pytest.raises(ProviderError, match="start it with `make sandbox`"):
        load_target(CONFIG, tmp_path)


@pytest.mark.parametrize("text", ["", "[]", '{"abc": {}}', '{"abc": 1}'])
def test_a_damaged_list_of_targets_is_told(root: Path, text: str) -> None:
    (root / SANDBOX_TARGETS).write_text(text, "utf-8")
    with pytest.raises(ProviderError, match=r"is damaged .* remove it, then run `make sandbox`"):
        load_target(CONFIG, root)
