from __future__ import annotations

import copy

import pytest

from engine import paths
from engine.errors import EngineError
from engine.values import Properties, Secret, Value


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a", ("a",)),
        ("a.b", ("a", "b")),
        ("a[0].b", ("a", 0, "b")),
        ('a["x.y"][12]', ("a", "x.y", 12)),
        (r'["quote \" here"]', ('quote " here',)),
        ("a[*].b.*", ("a", "*", "b", "*")),
        ("#initerror", ("#initerror",)),
        ("with-dash_and$", ("with-dash_and$",)),
    ],
)
def test_parse(text: str, parts: paths.Path) -> None:
    assert paths.parse(text) == parts


@pytest.mark.parametrize("text", ["a[", "a[x]", 'a["open', "a]"])
def test_what_is_no_path_is_refused(text: str) -> None:
    with pytest.raises(EngineError, match="is not a property path"):
        paths.parse(text)


@pytest.mark.parametrize(
    ("pattern", "path", "covered"),
    [
        ("a", "a", True),
        ("a", "a.b[0]", True),
        ("a.b", "a", False),
        ("a[*].b", "a[3].b.c", True),
        ("*", "anything.at.all", True),
        ("a", "b", False),
    ],
)
def test_covers(pattern: str, path: str, covered: bool) -> None:
    assert paths.covers(paths.parse(pattern), paths.parse(path)) is covered


@pytest.mark.parametrize(
    ("path", "new", "old", "result", "fits"),
    [
        ("a", {"a": 1}, {"a": 2}, {"a": 2}, True),
        ("a", {"a": 1}, {}, {}, True),
        ("a", {}, {"a": 2}, {"a": 2}, True),
        ("a.b", {"a": {"b": 1, "c": 1}}, {"a": {"b": 2, "c": 2}}, {"a": {"b": 2, "c": 1}}, True),
        ("a[1]", {"a": [1, 2]}, {"a": [3, 4]}, {"a": [1, 4]}, True),
        ("a[1]", {"a": [1]}, {"a": [3, 4]}, {"a": [1]}, False),
        ("a[*]", {"a": [1, 2]}, {"a": [3, 4]}, {"a": [3, 4]}, True),
        (
            "a[*].b",
            {"a": [{"b": 1}, {"b": 2}]},
            {"a": [{"b": 3}, {"b": 4}]},
            {"a": [{"b": 3}, {"b": 4}]},
            True,
        ),
        ("a.b", {"a": {"b": 1}}, {}, {"a": {"b": 1}}, False),
        ("a.b", {}, {}, {}, True),
        ("a", {"a": Secret(1)}, {"a": Secret(2)}, {"a": Secret(2)}, True),
        ("a.b", {"a": Secret({"b": 1})}, {"a": Secret({"b": 2})}, {"a": Secret({"b": 2})}, True),
    ],
)
def test_reset(path: str, new: Properties, old: Properties, result: Value, fits: bool) -> None:
    untouched = copy.deepcopy(old)
    assert paths.reset(new, old, paths.parse(path)) is fits
    assert new == result
    assert old == untouched
