"""What the two main previews show, against lists written by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.fix_project import Project

SIGNS = {"create": "+", "update": "~", "delete": "-"}
KINDS = {"add": "add", "update": "update", "delete": "delete"}
HERE = Path(__file__).parent
CONSENTS = ("dropLegacyLerg", "dropProfileColumns")

Gap = dict[str, tuple[str, dict[str, str]]]
"""By object: the sign, and the properties of an update."""


def expected(*names: str) -> Gap:
    gap: Gap = {}
    for name in names:
        for row in yaml.safe_load((HERE / f"{name}.yaml").read_text("utf-8")):
            sign, properties = gap.get(row["object"], (row["sign"], {}))
            assert sign == row["sign"], row
            gap[row["object"]] = (sign, {**properties, **row.get("properties", {})})
    return gap


def shown(digest: dict[str, Any]) -> Gap:
    return {
        key: (SIGNS[step["op"]], properties(step))
        for step in digest["steps"]
        if step["op"] != "same" and (key := object_of(step["urn"]))
    }


def object_of(urn: str) -> str | None:
    token = urn.split("::")[2].rpartition("$")[2]
    plane, _, kind = token.removeprefix("voip:").partition(":")
    return f"{kind}::{urn.split('::', 3)[3]}" if plane == "postgres" else None


def properties(step: dict[str, Any]) -> dict[str, str]:
    return {path: detail["kind"] for path, detail in (step["detailedDiff"] or {}).items()}


def test_production_previews_as_the_gap_and_only_the_gap(production: Project) -> None:
    assert shown(production.preview("production")) == expected("gap")


def test_with_consent_what_is_kept_shows_as_going(production: Project) -> None:
    for consent in CONSENTS:
        production.set("production", consent, "true")
    assert shown(production.preview("production")) == expected("gap", "gap_with_consent")


def test_staging_previews_as_no_changes(staging: Project) -> None:
    run = staging.pulumi("preview", "--stack", "staging", "--expect-no-changes")
    assert run.code == 0, run.text


@pytest.mark.parametrize("stack", ["production", "staging"])
def test_a_preview_leaves_the_state_as_it_was(request: pytest.FixtureRequest, stack: str) -> None:
    project: Project = request.getfixturevalue(stack)
    before = project.state(stack)
    project.preview(stack)
    assert project.state(stack) == before
