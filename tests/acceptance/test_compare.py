"""Two environments held against each other: what the hand-written comparison lists is found, and no more."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest
import yaml

from sandbox.cluster import Cluster
from sandbox.databases import Target
from tests.fix_project import STACKS, Project, project_at
from tests.fix_rollout import ProductionAt
from tests.fix_sandbox import as_found


class Expected(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The data file."""

    rows: dict[str, dict[str, list[str]]]
    figures: dict[str, int]
    contradicted: dict[str, dict[str, int]]
    told: dict[str, list[str]]


EXPECTED = msgspec.convert(
    yaml.safe_load((Path(__file__).parent / "comparison.yaml").read_text("utf-8")), Expected
)


@pytest.fixture(scope="module")
def both(sandbox_cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A project whose stacks point at both environments as found; neither is adopted."""
    project = project_at(tmp_path_factory.mktemp("compare") / "a project")
    with ExitStack() as opened:
        for stack in STACKS:
            project.point(stack, opened.enter_context(as_found(sandbox_cluster, stack)))
        yield project


@pytest.fixture(scope="module")
def found(both: Project) -> dict[str, Any]:
    """The comparison as data."""
    run = both.operations("compare", "production", "staging")
    assert run.code == 0, run.text
    assert run.out.startswith("production against staging: ")
    data: dict[str, Any] = json.loads((both.root / "compared" / "comparison.json").read_text("utf-8"))
    return data


def test_every_row_of_the_comparison_is_found_and_no_other(found: dict[str, Any]) -> None:
    rows = {
        (section["number"], row["sign"], f"{row['kind']} {row['name']}")
        for section in found["sections"]
        if int(section["number"].partition(".")[0]) <= 11
        for row in section["rows"]
    }
    wanted = {
        (section, sign, name)
        for section, signs in EXPECTED.rows.items()
        for sign, names in signs.items()
        for name in names
    }
    patterns = {each for each in wanted if "*" in each[2]}
    matched = {
        row for row in rows for each in patterns if row[:2] == each[:2] and fnmatchcase(row[2], each[2])
    }
    assert len(matched) == len(patterns)
    assert rows - matched == wanted - patterns


def test_every_figure_is_counted_as_the_comparison_lists_it(found: dict[str, Any]) -> None:
    assert {name: found["counts"].get(name) for name in EXPECTED.figures} == EXPECTED.figures


def test_contradictions_that_counting_can_find_are_found_and_no_others(found: dict[str, Any]) -> None:
    refuted: dict[str, dict[str, int]] = {}
    for each in found["claims"]:
        if each["counted"] != each["claim"]["stated"]:
            refuted.setdefault(each["claim"]["contradiction"], {})[each["claim"]["figure"]] = each["counted"]
            assert each["chosen"]
    assert refuted == EXPECTED.contradicted
    listed = yaml.safe_load((Path(__file__).parents[2] / "docs" / "contradictions.yaml").read_text("utf-8"))
    assert len(found["readings"]) == len(listed) - len(refuted)


def test_what_is_no_difference_is_told_in_words(found: dict[str, Any]) -> None:
    notes = {section["number"]: "\n".join(section["notes"]) for section in found["sections"]}
    for section, texts in EXPECTED.told.items():
        for text in texts:
            assert text in notes[section]


def test_every_row_tells_what_closes_it_and_its_risk(found: dict[str, Any]) -> None:
    rows = [row for section in found["sections"] for row in section["rows"]]
    # An assumed migration of production's history is nobody's to close.
    assert [row["name"] for row in rows if not row.get("closes")] == []
    assert [row["name"] for row in rows if not row.get("risk")] == []
    by_name = {f"{row['sign']} {row['kind']} {row['name']}": row.get("phase") for row in rows}
    assert by_name["missing table public.enhanced_lerg"] == 2
    assert by_name["different function public.handle_new_user()"] == 4
    assert by_name["missing trigger auth.users/sync_email_on_user_update"] == 5
    assert by_name["extra column public.profiles.user_agent"] == 7
    assert by_name["extra table public.lerg_codes"] == 8


@pytest.mark.usefixtures("found")
def test_no_secret_is_told(both: Project, sandbox_cluster: Cluster) -> None:
    for file in (both.root / "compared").iterdir():
        text = file.read_text("utf-8")
        assert not [word for word in sandbox_cluster.passwords.values() if word in text]
        assert "sk_test" not in text
        assert "sk_live" not in text


def test_equal_environments_are_told_in_one_line(both: Project) -> None:
    kept = both.operations("compare", "staging", "--snapshot", "staging.json")
    assert kept.code == 0, kept.text
    assert (both.root / "staging.json").stat().st_mode & 0o077 == 0
    run = both.operations("compare", "staging.json", "staging", "--to", "none")
    assert run.code == 0, run.text
    assert run.out.count("\n") == 1
    assert run.out.rstrip().endswith("are equal.")
    assert not (both.root / "none").exists()


def test_two_snapshots_tell_what_changed_in_between(staging_copy: Target, project: Project) -> None:
    project.point("staging", staging_copy)
    for name in ("monday.json", "friday.json"):
        assert project.operations("compare", "staging", "--snapshot", name).code == 0
        with psycopg.connect(staging_copy.database_url) as connection:
            connection.execute("DROP INDEX IF EXISTS public.idx_profiles_role")
    run = project.operations("compare", "monday.json", "friday.json")
    assert run.code == 0, run.text
    assert run.out.startswith("staging against staging: 1 extra.")


def test_a_snapshot_that_was_changed_by_hand_is_refused(both: Project) -> None:
    both.operations("compare", "production", "--snapshot", "kept.json")
    kept = both.root / "kept.json"
    kept.write_text(kept.read_text("utf-8").replace('"btree (state)"', '"btree (stale)"'), "utf-8")
    run = both.operations("compare", "kept.json", "staging")
    assert run.code == 1
    assert "was changed by hand; take another snapshot" in run.err


@pytest.mark.parametrize("places", [[], ["production"], ["production", "staging", "--snapshot", "one.json"]])
def test_what_can_not_be_meant_is_refused(both: Project, places: list[str]) -> None:
    run = both.operations("compare", *places)
    assert run.code == 1
    assert run.err.startswith("error: name two stacks or snapshots to compare")


def test_who_may_do_what_is_compared_where_it_was_tried(both: Project) -> None:
    run = both.operations("compare", "production", "staging", "--access", "--to", "tried")
    assert run.code == 0, run.text
    data = json.loads((both.root / "tried" / "comparison.json").read_text("utf-8"))
    [line] = [
        each
        for each in data["access"]
        if (each["object"], each["command"], each["row"]) == ("table public.profiles", "SELECT", "other")
    ]
    assert line["callers"]["admin"] == ["every column", ""]


def test_a_phase_that_was_taken_shows_as_done(production_at: ProductionAt, staging_copy: Target) -> None:
    production, _ = production_at(2)
    production.point("staging", staging_copy)
    run = production.operations("compare", "production", "staging")
    assert run.code == 0, run.text
    data = json.loads((production.root / "compared" / "comparison.json").read_text("utf-8"))
    steps = {step["number"]: (step["objects"], step["open"]) for step in data["steps"]}
    assert steps[2][0] > 20
    assert steps[2][1] == 0
    assert steps[4][0] == steps[4][1] > 10
    on_purpose = [
        row["name"]
        for section in data["sections"]
        for row in section["rows"]
        if row["closes"] == "hardening makes it so, on purpose"
    ]
    assert "public.guard_own_profile()" in on_purpose
    watched = production.operations("compare", "--against-declared", "--stack", "production")
    assert watched.out == "production is as declared at phase 2.\n"
