"""What checks each item of the comparison's lists, held against the checks that there are."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Annotated

import msgspec

from components.checks import items
from operations.criteria import criteria
from settings import LAST_PHASE

Phase = Annotated[int, msgspec.Meta(ge=0, le=LAST_PHASE)]
Checked = Annotated[str, msgspec.Meta(pattern=r"^(check|health|test|deno|page|person|people) \S.*$")]


class Row(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One checkbox or step."""

    says: str
    """The comparison's own words."""
    by: Annotated[list[Checked], msgspec.Meta(min_length=1)]
    phase: Phase | None = None
    """Where it is another than its list's."""


class Checklist(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One of the comparison's lists."""

    id: str
    title: str
    phase: Phase
    holds: int
    """How many rows the comparison's list has."""
    rows: list[Row]


def faults(lists: Sequence[Checklist], root: Path) -> Iterator[str]:
    """Whatever the lists say that is not so, one line each."""
    for name, count in Counter(each.id for each in lists).items():
        if count > 1:
            yield f"coverage {name}: {count} lists have this id; give each its own"
    known = _known(root)
    for each in lists:
        if len(each.rows) != each.holds:
            yield (
                f"coverage {each.id}: {len(each.rows)} rows, and the comparison has {each.holds}; "
                "add what lacks"
            )
        for number, row in enumerate(each.rows, 1):
            for checked in row.by:
                kind, _, what = checked.partition(" ")
                if not known[kind](what):
                    yield f"coverage {each.id}.{number}: there is no {checked}; correct it"


def _known(root: Path) -> Mapping[str, Callable[[str], bool]]:
    """How each kind of check is told to be there."""
    gates = [item for phase in range(LAST_PHASE + 1) for item in items(phase)]
    tried = {item.id for item in gates if not item.person}
    asked = {item.id for item in gates if item.person}
    watched = {criterion.id for criterion in criteria()}
    return {
        "check": tried.__contains__,
        "person": asked.__contains__,
        "health": watched.__contains__,
        "test": lambda node: is_test(root, node),
        "deno": lambda slug: (root / "functions" / slug / "handler_test.ts").is_file(),
        "page": lambda path: (root / path).is_file() or path == "docs/coverage.md",
        "people": bool,
    }


def is_test(root: Path, node: str) -> bool:
    file, _, name = node.partition("::")
    return name.startswith("test_") and name in _tests(root / file)


@cache
def _tests(file: Path) -> frozenset[str]:
    """The functions of a test file that are collected and can't be skipped as a whole."""
    if not file.is_file() or not file.name.startswith("test_"):
        return frozenset()
    functions = [
        node for node in ast.parse(file.read_text("utf-8")).body if isinstance(node, ast.FunctionDef)
    ]
    return frozenset(function.name for function in functions if not _is_skipped(function))


def _is_skipped(function: ast.FunctionDef) -> bool:
    return any("skip" in ast.unparse(each) for each in function.decorator_list)
