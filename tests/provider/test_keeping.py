"""Where a hosted project's state and secrets may be kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.passphrase import new_salt
from provider.keeping import keeping_problem

HOSTED = "config: {'voip:target': hosted}\n"


@pytest.mark.parametrize(
    ("declared", "told", "refused"),
    [
        ("file://./.sandbox/state", "", True),
        ("file://./.sandbox", "", True),
        ("file://./elsewhere/../.sandbox/state", "", True),
        ("file://./.sandbox/state", "s3://bucket", False),
        ("file://./.sandbox/state", "https://api.pulumi.com", False),
        ("s3://bucket", "file://./.sandbox/state", True),
        ("file://./.sandbox-of-ours", "", False),
        ("", "", False),
    ],
)
def test_the_state_of_a_hosted_project_lies_elsewhere(
    tmp_path: Path, declared: str, told: str, refused: bool
) -> None:
    (tmp_path / "Pulumi.yaml").write_text(f"backend: {{url: '{declared}'}}\n", "utf-8")
    problem = keeping_problem(tmp_path, {"PULUMI_BACKEND_URL": told})
    assert bool(problem) == refused
    assert "PULUMI_BACKEND_URL" in (problem or "PULUMI_BACKEND_URL")


def test_an_absolute_path_into_the_sandbox_is_seen(tmp_path: Path) -> None:
    inside = (tmp_path / ".sandbox" / "state").as_uri()
    assert keeping_problem(tmp_path, {"PULUMI_BACKEND_URL": inside})


@pytest.mark.parametrize(
    ("passphrase", "config", "refused"),
    [("sandbox", HOSTED, True), ("of our own", HOSTED, False), ("sandbox", "config: {}\n", False)],
)
def test_the_secrets_of_a_hosted_project_are_under_a_passphrase_of_its_own(
    tmp_path: Path, passphrase: str, config: str, refused: bool
) -> None:
    salt = new_salt(passphrase)
    (tmp_path / "Pulumi.production.yaml").write_text(f"encryptionsalt: {salt}\n{config}", "utf-8")
    problem = keeping_problem(tmp_path, {})
    assert bool(problem) == refused
    assert "Pulumi.production.yaml" in (problem or "Pulumi.production.yaml")


@pytest.mark.parametrize("text", ["", "[", "encryptionsalt: v1:x\n" + HOSTED, "- a\n"])
def test_files_that_say_something_else_are_for_others_to_refuse(tmp_path: Path, text: str) -> None:
    for name in ("Pulumi.yaml", "Pulumi.production.yaml"):
        (tmp_path / name).write_text(text, "utf-8")
    assert keeping_problem(tmp_path, {}) is None
