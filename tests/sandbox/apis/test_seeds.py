"""What each environment serves before anybody has deployed to it, by the comparison's counts and versions."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.apis import seeds
from sandbox.apis.projects import Function, Projects
from sandbox.layout import Layout

PRODUCTION = {
    "ping-status": 3,
    "delete-user-account": 1,
    "upload-lerg": 3,
    "get-lerg-data": 3,
    "add-lerg-record": 3,
}
"""Sections 3.1 and 3.2; the sixth is told nowhere."""

ADDED = {
    "get-enhanced-lerg-data": 56,
    "add-enhanced-lerg-record": 56,
    "update-enhanced-lerg-record": 56,
    "get-npa-location": 56,
    "get-all-users": 66,
    "update-user-profile": 58,
    "toggle-user-status": 59,
    "get-user-activity": 59,
    "create-checkout-session": 77,
    "create-portal-session": 65,
    "check-subscription-status": 59,
    "stripe-events": 21,
    "upgrade-subscription": 12,
    "manage-session": 45,
    "check-session": 32,
    "force-logout": 21,
    "cleanup-session": 12,
    "pre-login-check": 11,
    "track-upload": 46,
    "set-trial-tier": 45,
    "test-stripe": 54,
    "debug-subscription": 52,
    "debug-subscription-no-jwt": 52,
    "get-stripe-account": 44,
    "debug-portal": 11,
    "test-auth": 12,
    "debug-auth": 13,
    "check-session-debug": 11,
    "check-session-simple": 11,
    "test-env": 38,
    "create-organization": 44,
    "invite-user": 44,
    "accept-invitation": 44,
    "manage-organization-members": 44,
}
"""Section 3.1: what staging has and production lacks."""

REPLACED = {"ping-status": 62, "delete-user-account": 59, "upload-lerg": 59}
"""Section 3.2."""


@pytest.fixture
def projects(tmp_path: Path) -> Projects:
    return Projects(Layout(tmp_path))


def functions(projects: Projects, environment: str) -> dict[str, Function]:
    return seeds.as_built(projects, environment, "abc", "sk_test").functions


def test_production_serves_six(projects: Projects) -> None:
    versions = {slug: each.version for slug, each in functions(projects, "production").items()}
    assert len(versions) == 6
    assert {slug: version for slug, version in versions.items() if slug in PRODUCTION} == PRODUCTION


def test_staging_serves_forty_and_all_of_productions(projects: Projects) -> None:
    assert len(ADDED) == 34
    found, in_production = functions(projects, "staging"), functions(projects, "production")
    versions = {slug: each.version for slug, each in found.items()}
    expected = {slug: each.version for slug, each in in_production.items()} | ADDED | REPLACED
    assert len(expected) == 40
    assert versions == expected


@pytest.mark.parametrize("environment", ["production", "staging"])
def test_a_seed_is_the_same_every_time(projects: Projects, environment: str) -> None:
    assert functions(projects, environment) == functions(projects, environment)
    for function in functions(projects, environment).values():
        assert function.source.entrypoint_path in projects.files(function.source.bundle)


def test_a_webhook_asks_for_no_token(projects: Projects) -> None:
    assert functions(projects, "staging")["stripe-events"].source.verify_jwt is False
