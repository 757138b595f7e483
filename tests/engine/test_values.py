from __future__ import annotations

import pytest

from engine.values import Properties, Secret, marked_like


@pytest.mark.parametrize(
    ("properties", "like", "marked"),
    [
        ({"a": 1, "b": 2}, {"a": Secret(0)}, {"a": Secret(1), "b": 2}),
        ({"a": Secret(1)}, {"a": Secret(0)}, {"a": Secret(1)}),
        ({"b": 2}, {"a": Secret(0)}, {"b": 2}),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": Secret(0)}}, {"a": {"b": Secret(1), "c": 2}}),
        ({"a": [1, 2]}, {"a": [Secret(0)]}, {"a": Secret([1, 2])}),
        ({"a": 1}, {"a": {"b": Secret(0)}}, {"a": Secret(1)}),
    ],
)
def test_what_was_secret_is_marked_again(
    properties: Properties, like: Properties, marked: Properties
) -> None:
    assert marked_like(properties, like) == marked
