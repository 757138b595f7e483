"""Differences as property paths."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provider.differences import differences, join

DATA = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@pytest.mark.parametrize(
    ("live", "wanted", "expected"),
    [
        ({}, {}, {}),
        ({"a": 1}, {"a": 1}, {}),
        ({"a": 1}, {"a": 2}, {"a": "update"}),
        ({}, {"a": 1}, {"a": "add"}),
        ({"a": 1}, {}, {"a": "delete"}),
        ({"a": None}, {}, {"a": "delete"}),
        ({"a": {"b": {"c": 1}}}, {"a": {"b": {"c": 2}}}, {"a.b.c": "update"}),
        ({"a": {}}, {"a": {"b": {"c": 2}}}, {"a.b": "add"}),
        ({"a": {"b": 1}}, {"a": 1}, {"a": "update"}),
        ({"a": [1, 2]}, {"a": [2, 1]}, {"a": "update"}),
        ({"a": [{"b": 1}]}, {"a": [{"b": 2}]}, {"a": "update"}),
        ({"z": 1, "a": 1}, {"m": 1}, {"a": "delete", "m": "add", "z": "delete"}),
        ({"a": {"x y": 1}}, {"a": {"x y": 2}}, {'a["x y"]': "update"}),
        ({"a": True}, {"a": 1}, {}),
    ],
)
def test_each_property_is_told_once(live: Any, wanted: Any, expected: dict[str, str]) -> None:
    found = list(differences(live, wanted))
    assert {difference.path: difference.sign for difference in found} == expected
    assert len(found) == len(expected)


@pytest.mark.parametrize(
    ("path", "key", "expected"),
    [
        ("", "columns", "columns"),
        ("columns", "role", "columns.role"),
        ("columns", "größe", 'columns["größe"]'),
        ("columns", "a.b", 'columns["a.b"]'),
        ("columns", 'say "x"', 'columns["say \\"x\\""]'),
        ("columns", "back\\slash", 'columns["back\\\\slash"]'),
        ("columns", "1st", 'columns["1st"]'),
        ("columns", "", 'columns[""]'),
        ("columns", "line\n", 'columns["line\n"]'),
        ("", "a b", '["a b"]'),
    ],
)
def test_keys_that_are_no_words_are_quoted(path: str, key: str, expected: str) -> None:
    assert join(path, key) == expected


@given(DATA)
def test_nothing_differs_from_itself(data: Any) -> None:
    assert list(differences(data, data)) == []


@given(DATA, DATA)
def test_unequal_data_differs_both_ways(one: Any, other: Any) -> None:
    there, back = list(differences(one, other)), list(differences(other, one))
    assert bool(there) == (one != other)
    turned = {"add": "delete", "delete": "add", "update": "update"}
    assert [(path, turned[sign]) for path, sign in there] == back
