"""What the two main previews show, against lists written by hand."""

from __future__ import annotations

from typing import Any

import pytest

from operations import gap
from tests.fix_project import Project

Differences = dict[str, tuple[str, dict[str, str]]]


def shown(digest: dict[str, Any]) -> Differences:
    return {each.object: (each.sign, each.properties) for each in gap.shown(digest)}


def consenting(project: Project) -> dict[str, Any]:
    for consent in gap.CONSENTS:
        project.set("production", consent, "true")
    return project.preview("production")


def test_production_previews_as_the_gap_and_its_hardening(production: Project) -> None:
    rows, closing, more = (gap.expected_rows(name) for name in ("gap", "hardening", "gap_with_consent"))
    cautious = production.preview("production")
    assert shown(cautious) == gap.merged(rows + closing)

    with_consent = consenting(production)
    assert shown(with_consent) == gap.merged(rows + closing + more)

    assert gap.gap_page(cautious, with_consent) == gap.PAGE.read_text("utf-8"), (
        "docs/gap.md is not of today; make it anew with `python -m operations gap`"
    )


def test_hardening_is_shown_apart(production: Project) -> None:
    apart = {
        each.object for each in gap.shown(production.preview("production")) if each.domain == "hardening"
    }
    assert apart == {row.object for row in gap.expected_rows("hardening")}


def test_without_hardening_production_previews_as_the_gap_alone(production: Project) -> None:
    # What the state has under hardening moves to its own component: none of it is deleted or made anew.
    production.set("production", "hardening", "false")
    assert shown(production.preview("production")) == gap.merged(gap.expected_rows("gap"))


def test_nothing_but_objects_and_a_gate_for_each_phase_changes(production: Project) -> None:
    others = [
        step["urn"]
        for step in production.preview("production")["steps"]
        if step["op"] in gap.SIGNS and not gap.is_object(step)
    ]
    assert sorted(urn.rpartition("::")[2] for urn in others) == [f"phase {phase}" for phase in range(1, 9)]


def test_staging_previews_as_no_changes(staging: Project) -> None:
    staging.settled("staging")


@pytest.mark.parametrize("stack", ["production", "staging"])
def test_a_preview_leaves_the_state_as_it_was(request: pytest.FixtureRequest, stack: str) -> None:
    project: Project = request.getfixturevalue(stack)
    before = project.state(stack)
    project.preview(stack)
    assert project.state(stack) == before
