from __future__ import annotations

import pytest

from engine.deployment.diffs import Diff, PropertyDiff, compare
from engine.detail import diff_properties
from engine.values import Properties, Secret


@pytest.mark.parametrize(
    ("old", "new", "paths"),
    [
        ({}, {}, {}),
        ({"a": 1}, {"a": 1}, {}),
        ({}, {"a": 1}, {"a": "add"}),
        ({"a": 1}, {}, {"a": "delete"}),
        ({"a": 1}, {"a": "1"}, {"a": "update"}),
        ({"a": 1}, {"a": True}, {"a": "update"}),
        ({"a": {"b": [1, 2]}}, {"a": {"b": [1, 3, 4]}}, {"a.b[1]": "update", "a.b[2]": "add"}),
        ({"a": {"x y": 1}}, {"a": {"x y": 2}}, {'a["x y"]': "update"}),
        ({"a": [1, 2]}, {"a": [1]}, {"a[1]": "delete"}),
    ],
)
def test_diff_properties(old: Properties, new: Properties, paths: dict[str, str]) -> None:
    assert diff_properties(old, new) == paths


def test_a_secret_that_is_the_same_value_is_no_change() -> None:
    assert not compare({"a": Secret("x")}, {"a": "x"}).changed
    assert compare({"a": Secret("x")}, {"a": Secret("y")}).changed_keys == ["a"]


@pytest.mark.parametrize(
    ("diff", "replaces"),
    [
        (Diff(True), False),
        (Diff(True, ["a"]), True),
        (Diff(True, detailed={"a": PropertyDiff("update")}), False),
        (Diff(True, detailed={"a": PropertyDiff("add-replace")}), True),
    ],
)
def test_what_replaces(diff: Diff, replaces: bool) -> None:
    assert diff.replaces is replaces


def test_replace_on_changes_turns_covered_paths_into_replacements() -> None:
    diff = Diff(
        True, changed_keys=["a", "b"], detailed={"a.x": PropertyDiff("add"), "b": PropertyDiff("update")}
    )
    forced = diff.with_replace_on_changes(["a.*"], has_init_errors=False)
    assert forced.detailed == {"a.x": PropertyDiff("add-replace"), "b": PropertyDiff("update")}
    assert forced.replaces


def test_an_unhealthy_resource_may_be_replaced_for_that_alone() -> None:
    unchanged = Diff(False)
    assert unchanged.with_replace_on_changes(["#initerror"], has_init_errors=True).replaces
    assert not unchanged.with_replace_on_changes(["#initerror"], has_init_errors=False).changed


def test_seen_from_the_other_end_an_addition_is_a_deletion() -> None:
    diff = Diff(True, detailed={"a": PropertyDiff("add-replace"), "b": PropertyDiff("update", True)})
    assert diff.inverted().detailed == {
        "a": PropertyDiff("delete-replace"),
        "b": PropertyDiff("update", True),
    }
