"""Two values beside each other, line by line."""

from __future__ import annotations

from typing import Any

import pytest

from comparison.sides import Line, lines


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (None, "one\ntwo", [Line("", "one", True), Line("", "two", True)]),
        ({"a": 1, "b": 2}, {"a": 1, "b": 3}, [Line("a: 1", "a: 1", False), Line("b: 2", "b: 3", True)]),
        ({"a": 1}, None, [Line("a: 1", "", True)]),
        ("x\ny\nz", "x\nz", [Line("x", "x", False), Line("y", "", True), Line("z", "z", False)]),
        (
            {"body": "BEGIN\n  a;\nEND"},
            {"body": "BEGIN\n  b;\nEND"},
            [
                Line("body: |-", "body: |-", False),
                Line("  BEGIN", "  BEGIN", False),
                Line("    a;", "    b;", True),
                Line("  END", "  END", False),
            ],
        ),
    ],
)
def test_equal_lines_stand_beside_each_other(first: Any, second: Any, expected: list[Line]) -> None:
    assert list(lines(first, second)) == expected
