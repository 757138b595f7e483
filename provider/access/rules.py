"""An access table held against what was declared of it."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple

from provider.access.table import differences
from provider.schema.access import Cell, Rule, Table


class Surprise(NamedTuple):
    """A cell that is not as declared."""

    cell: Cell
    found: str
    declared: str | None
    """None where nothing was declared of it."""

    def __str__(self) -> str:
        declared = f"declared is {self.declared}" if self.declared else "nothing is declared of it"
        return f"{self.cell}: found {self.found}, {declared}"


def declared_outcome(cell: Cell, rules: Sequence[Rule]) -> str | None:
    """What the last rule that meets a cell tells of it; None where none meets it."""
    return next((rule.outcome for rule in reversed(rules) if meets(rule, cell)), None)


def meets(rule: Rule, cell: Cell) -> bool:
    """Whether a rule is about a cell."""
    patterns = (rule.caller, rule.object, rule.command, rule.row, rule.column)
    return all(
        any(fnmatchcase(part, pattern) for pattern in choices)
        for part, choices in zip(cell, patterns, strict=True)
    )


def surprises(table: Table, rules: Sequence[Rule]) -> list[Surprise]:
    """The cells of a table that are not as declared, in order."""
    return [
        Surprise(cell, found, declared)
        for cell, found in sorted(table.items())
        if found != (declared := declared_outcome(cell, rules))
    ]


def undeclared_changes(
    before: Table, after: Table, rules_before: Sequence[Rule], rules_after: Sequence[Rule]
) -> list[Surprise]:
    """The cells that changed although their declaration did not, or that came otherwise than declared.

    What was there before may be as it likes, so that a target with objects of its own can be held to this. A
    cell that is gone went with its object, which is for the object's own declaration to tell.
    """
    return [
        Surprise(cell, now, declared)
        for cell, was, now in differences(before, after)
        if now is not None
        and (
            now != (declared := declared_outcome(cell, rules_after))
            or (was is not None and declared == declared_outcome(cell, rules_before))
        )
    ]
