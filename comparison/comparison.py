"""The whole comparison: everything that its pages tell."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from comparison.authored import Authored, Change, Claim, risk_of
from comparison.figures import Figure, counts, figures
from comparison.hazards import hazard_of
from comparison.rows import Row, rows
from comparison.sections import SECTIONS, Places, duplicates, section_of, table_of
from provider.schema.postgres import Policy, Rows, Trigger
from provider.schema.snapshot import Snapshot


class Closing(msgspec.Struct, frozen=True):
    """Which phase closes a difference, and how; or why none does."""

    phase: int | None
    how: str


class Side(msgspec.Struct, frozen=True, kw_only=True):
    """One environment, and when it was read."""

    environment: str
    project: str
    taken: str
    fingerprint: str
    unread: Mapping[str, str]


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """What was once stated, and what is counted."""

    claim: Claim
    counted: int
    chosen: str = ""

    @property
    def holds(self) -> bool:
        """Whether both are the same."""
        return self.counted == self.claim.stated


class Breaking(msgspec.Struct, frozen=True, kw_only=True):
    """A breaking change, and how many differences it consists of."""

    change: Change
    rows: int


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """A contradiction that no counting finds, and the reading that was chosen."""

    title: str
    sections: Sequence[str]
    says: str
    chosen: str


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """A phase, and how far it is."""

    number: int
    title: str
    objects: int
    """How many objects it brings, changes or retires."""
    open: int
    """How many of them still differ."""

    @property
    def done(self) -> int:
        """Those that no longer do."""
        return self.objects - self.open


class Edge(msgspec.Struct, frozen=True, kw_only=True):
    """What must be there before another: by keys."""

    before: str
    after: str


class Permission(msgspec.Struct, frozen=True, kw_only=True):
    """What each caller may do with one command, in both environments."""

    object: str
    command: str
    row: str
    callers: Mapping[str, tuple[str, str]]
    """Empty where a caller may do nothing."""

    @property
    def changed(self) -> list[str]:
        """The callers for whom it is not the same in both."""
        return [caller for caller, (first, second) in self.callers.items() if first != second]


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """One section with its differences, and what can be said of it beside them."""

    number: str
    title: str
    rows: Sequence[Row]
    notes: Sequence[str] = ()


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """Two environments, held against each other."""

    first: Side
    second: Side
    figures: Sequence[Figure]
    counts: Mapping[str, int]
    sections: Sequence[Section]
    breaking: Sequence[Breaking]
    claims: Sequence[Judged]
    readings: Sequence[Reading]
    steps: Sequence[Step]
    edges: Sequence[Edge]
    access: Sequence[Permission] | None
    """Whatever anybody may do in either; None where one was not tried."""
    unknowable: Sequence[str]

    @property
    def rows(self) -> list[Row]:
        """Every difference."""
        return [row for section in self.sections for row in section.rows]

    @property
    def equal(self) -> bool:
        """Whether nothing differs but how often something was deployed."""
        changed = [each for each in self.access or () if each.changed]
        return all(row.deployments_alone for row in self.rows) and not changed and not self.unread

    @property
    def unread(self) -> dict[str, str]:
        """What could not be read, and why."""
        return {**self.first.unread, **self.second.unread}


class Knowledge(msgspec.Struct, frozen=True, kw_only=True):
    """What the program knows beside two snapshots."""

    references: Sequence[Rows]
    closing: Callable[[Row], Closing]
    steps: Callable[[Sequence[Row]], Sequence[Step]]
    edges: Callable[[Sequence[Row]], Sequence[Edge]]
    counts: Callable[[Sequence[Row]], Mapping[str, int]]
    access: Callable[[Snapshot, Snapshot], Sequence[Permission] | None]
    needed: Mapping[str, Sequence[str]]
    """Names of secrets that functions read, with the functions."""
    readings: Mapping[str, Reading]
    """By the contradiction's id."""
    authored: Authored


def compare(first: Snapshot, second: Snapshot, known: Knowledge) -> Comparison:
    """Hold two snapshots against each other."""
    places = Places.of(first, second, known.references)
    found = [_told(row, first, places, known) for row in rows(first, second, known.references)]
    told = figures(first, second, found, known.references)
    counted = {**counts(told, first, second, found), **known.counts(found)}
    claims = [_judged(claim, counted, known) for claim in known.authored.claims if claim.figure in counted]
    return Comparison(
        first=_side(first),
        second=_side(second),
        figures=told,
        counts=counted,
        sections=_sections(found, first, second, known),
        breaking=[_breaking(change, found) for change in known.authored.changes],
        claims=claims,
        readings=[
            reading
            for name, reading in known.readings.items()
            if name not in {each.claim.contradiction for each in claims}
        ],
        steps=known.steps(found),
        edges=known.edges(found),
        access=known.access(first, second),
        unknowable=known.authored.unknowable,
    )


def _side(snapshot: Snapshot) -> Side:
    return Side(
        environment=snapshot.environment,
        project=snapshot.project,
        taken=snapshot.taken,
        fingerprint=snapshot.fingerprint,
        unread=snapshot.unread,
    )


def _told(row: Row, first: Snapshot, places: Places, known: Knowledge) -> Row:
    closing, risk, table = known.closing(row), risk_of(row, known.authored.risks), table_of(row)
    return msgspec.structs.replace(
        row,
        section=section_of(row, places),
        phase=closing.phase,
        closes=closing.how,
        hazard=hazard_of(row, first.counts.get(table, 0), new=places.new(table)),
        risk=risk.level if risk else "",
        why=risk.why if risk else "",
        before=_without_digest(row, row.before),
        after=_without_digest(row, row.after),
    )


def _without_digest(row: Row, value: Any) -> Any:
    """Nothing of a secret is told, not even its digest: a short value can be guessed from it."""
    return value and {"value": "not known; its digest is"} if row.kind == "secret" else value


def _sections(found: Sequence[Row], first: Snapshot, second: Snapshot, known: Knowledge) -> list[Section]:
    notes = _notes(first, second, known)
    return [
        Section(
            number=number,
            title=title,
            rows=[row for row in found if row.section == number],
            notes=notes.get(number, ()),
        )
        for number, title in SECTIONS.items()
    ]


def _notes(first: Snapshot, second: Snapshot, known: Knowledge) -> dict[str, list[str]]:
    names = (first.environment, second.environment)
    sides = list(zip(names, (first, second), strict=True))
    return {
        "3.2": ["A version counts deployments. Where only it differs, files and settings are the same."],
        "5.1": [
            f"{name}: {' and '.join(f'`{each}`' for each in alike)} have the same command and condition."
            for name, side in sides
            for alike in duplicates(side, Policy.token)
        ],
        "6.2": [
            f"{name}: {' and '.join(f'`{each}`' for each in alike)} fire at the same event."
            for name, side in sides
            for alike in duplicates(side, Trigger.token)
        ],
        "9.1": [_held(sides, "auth.users"), _held(sides, "public.profiles")],
        "9.4": [_held(sides, "public.active_sessions")],
        "11.1": list(_needed(sides, known.needed)),
    }


def _held(sides: Sequence[tuple[str, Snapshot]], table: str) -> str:
    told = (
        f"{name} {side.counts[table]} rows" if table in side.counts else f"{name} has no such table"
        for name, side in sides
    )
    return f"`{table}`: {', '.join(told)}."


def _needed(sides: Sequence[tuple[str, Snapshot]], needed: Mapping[str, Sequence[str]]) -> list[str]:
    """Names that functions read and that are not set."""
    lines = []
    for secret, functions in sorted(needed.items()):
        lacking = [name for name, side in sides if f"voip:supabase:Secret::{secret}" not in side.objects]
        if lacking:
            lines.append(f"`{secret}` is not set in {' and '.join(lacking)}; {', '.join(functions)} read it.")
    return lines


def _breaking(change: Change, found: Sequence[Row]) -> Breaking:
    return Breaking(change=change, rows=sum(any(of.meets(row) for of in change.of) for row in found))


def _judged(claim: Claim, counted: Mapping[str, int], known: Knowledge) -> Judged:
    reading = known.readings.get(claim.contradiction)
    return Judged(claim=claim, counted=counted[claim.figure], chosen=reading.chosen if reading else "")
