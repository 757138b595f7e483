"""Which functions each environment serves, held against the comparison and the functions' own contracts."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from components import functions
from components.declaration import Declaration
from components.functions import FunctionsError, Served, as_deployed
from components.rollout import declarations
from provider.schema.supabase import Function, Secret
from settings import Settings, load_settings

ROOT = Path(__file__).resolve().parent.parent.parent

ORDER = {
    2: {"ping-status", "get-enhanced-lerg-data", "get-npa-location"},
    3: {"add-enhanced-lerg-record", "update-enhanced-lerg-record", "upload-lerg"},
    4: {
        "delete-user-account",
        "get-all-users",
        "update-user-profile",
        "toggle-user-status",
        "get-user-activity",
    },
    5: {
        "create-checkout-session",
        "create-portal-session",
        "stripe-events",
        "check-subscription-status",
        "upgrade-subscription",
    },
    6: {
        "manage-session",
        "check-session",
        "pre-login-check",
        "cleanup-session",
        "force-logout",
        "track-upload",
    },
}
"""Section 12."""

LEGACY = {"get-lerg-data", "add-lerg-record"}
REPLACED = {"ping-status", "delete-user-account", "upload-lerg"}


def of(stack: str) -> Settings:
    """The settings in the stack's file."""
    text = (ROOT / f"Pulumi.{stack}.yaml").read_text("utf-8")
    config: dict[str, str] = yaml.load(text, yaml.BaseLoader)["config"]  # noqa: S506  it makes texts alone
    return load_settings(config)


def declared(settings: Settings, kind: type[Function] | type[Secret] = Function) -> dict[str, Declaration]:
    found = [declaration for _, declaration in declarations(settings) if isinstance(declaration.first, kind)]
    return {declaration.first.id: declaration for declaration in found}


def at(settings: Settings, phase: int) -> set[str]:
    return {slug for slug, each in declared(settings).items() if each.at(phase)}


def contracts() -> dict[str, dict[str, Any]]:
    paths = json.loads((ROOT / "docs" / "openapi.json").read_text("utf-8"))["paths"]
    return {
        name.strip("/"): operations.get("post") or operations["get"] for name, operations in paths.items()
    }


def test_production_gets_twenty_two_and_keeps_two() -> None:
    production = of("production")
    for phase in range(9):
        expected = set().union(*(slugs for since, slugs in ORDER.items() if since <= phase))
        assert at(production, phase) == expected | LEGACY | REPLACED
    ours = {slug for slug, each in declared(production).items() if (got := each.at(8)) and _bundled(got)}
    assert ours == set().union(*ORDER.values())
    assert len(ours - REPLACED) == 19


def _bundled(shape: object) -> bool:
    return isinstance(shape, Function) and shape.bundle is not None


def test_staging_serves_all_that_can_be_named() -> None:
    assert len(at(of("staging"), 8)) == 39
    assert at(of("staging"), 8) == contracts().keys()


@pytest.mark.parametrize(("group", "count"), [("debug", 10), ("deprecated", 1), ("organization", 4)])
def test_a_group_is_excluded_by_name(group: str, count: int) -> None:
    all_of_them = of("staging")
    without = dataclasses.replace(all_of_them, excluded_functions=frozenset({group}))
    gone = at(all_of_them, 8) - at(without, 8)
    assert len(gone) == count
    assert {declared(without)[slug].until for slug in gone} == {0}, "it is declared absent and not forgotten"


def test_the_legacy_functions_go_once_nobody_asks_them() -> None:
    without = dataclasses.replace(of("production"), excluded_functions=frozenset({"legacy"}))
    assert at(without, 7) - at(without, 8) == LEGACY


def test_a_function_is_served_as_its_contract_says() -> None:
    for slug, each in declared(of("staging")).items():
        shape = each.at(8)
        assert isinstance(shape, Function)
        if slug not in LEGACY:
            assert shape.verify_jwt is contracts()[slug]["x-verify-jwt"], slug


def test_a_function_comes_after_the_secrets_that_it_reads() -> None:
    secrets = declared(of("staging"), Secret)
    for slug, each in declared(of("staging")).items():
        read = {part for name in contracts()[slug]["x-environment"] for part in name.split("|")}
        needed = {secrets[name].key for name in read & secrets.keys()}
        if slug not in LEGACY:
            assert needed <= set(each.after), slug
            assert max(min(secrets[name].versions) for name in read & secrets.keys()) <= max(each.versions)


def test_what_functions_read_is_declared() -> None:
    read = {name for each in contracts().values() for name in each["x-environment"] if not name.endswith("?")}
    given = {"SUPABASE_DB_URL", "SUPABASE_JWKS"}
    assert {part for name in read for part in name.split("|")} - given <= declared(
        of("staging"), Secret
    ).keys()


def test_a_function_without_files_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(functions, "FOLDER", tmp_path)
    as_deployed.cache_clear()
    with pytest.raises(FunctionsError, match=r"functions/nowhere/index\.ts is not there"):
        _ = Served("nowhere", 2).declaration
