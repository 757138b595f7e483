"""An access table held against rules: the last that meets a cell counts, only declared cells may change."""

from __future__ import annotations

import pytest

from provider.access.rules import Surprise, declared_outcome, surprises, undeclared_changes
from provider.schema.access import Cell, Rule

PROFILES = "table public.profiles"
OWN = Cell("user", PROFILES, "UPDATE", "own", "role")
FLAGGED = Cell("user", PROFILES, "UPDATE", "own, is_active false")
OTHER = Cell("user", PROFILES, "UPDATE", "other", "role")

RULES = [
    Rule(object=["table *"], row=["?*"], outcome="no row"),
    Rule(caller=["admin", "user"], object=[PROFILES], row=["own*"], outcome="allowed"),
    Rule(object=[PROFILES], command=["UPDATE"], row=["own"], column=["role"], outcome="denied"),
]
OPENED = [*RULES, Rule(row=["other"], outcome="allowed")]


@pytest.mark.parametrize(
    ("cell", "outcome"),
    [
        (OWN, "denied"),
        (OWN._replace(column="email"), "allowed"),
        (FLAGGED, "allowed"),
        (OTHER, "no row"),
        (OWN._replace(caller="anon", command="DELETE"), "no row"),
        (Cell("authenticated", PROFILES, "TRUNCATE"), None),
        (Cell("user", "function public.f()", "EXECUTE", "own"), None),
    ],
)
def test_the_last_rule_that_meets_a_cell_counts(cell: Cell, outcome: str | None) -> None:
    assert declared_outcome(cell, RULES) == outcome


def test_what_is_not_as_declared_is_a_surprise() -> None:
    unknown = Cell("anon", "schema odd", "USAGE")
    table = {OWN: "allowed", FLAGGED: "allowed", unknown: "denied"}
    found = surprises(table, RULES)
    assert found == [Surprise(unknown, "denied", None), Surprise(OWN, "allowed", "denied")]
    assert [str(each) for each in found] == [
        "anon / schema odd / USAGE: found denied, nothing is declared of it",
        "user / table public.profiles / UPDATE / own / role: found allowed, declared is denied",
    ]


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ({OTHER: "no row"}, {OTHER: "allowed"}, []),
        ({OTHER: "allowed"}, {OTHER: "allowed"}, []),
        ({OTHER: "no row"}, {OTHER: "denied"}, [Surprise(OTHER, "denied", "allowed")]),
        # As it would have been declared all along, and still a change that nobody declared.
        ({OWN: "allowed"}, {OWN: "denied"}, [Surprise(OWN, "denied", "denied")]),
        ({OWN: "stopped 22000"}, {OWN: "stopped 22000"}, []),
        ({}, {OWN: "denied"}, []),
        ({}, {OWN: "allowed"}, [Surprise(OWN, "allowed", "denied")]),
        ({OWN: "denied"}, {}, []),
    ],
)
def test_only_declared_cells_may_change(
    before: dict[Cell, str], after: dict[Cell, str], told: list[Surprise]
) -> None:
    assert undeclared_changes(before, after, RULES, OPENED) == told
