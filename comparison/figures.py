"""The numbers of the comparison, each counted."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec

from comparison.rows import ROW, Row, kind_of
from comparison.sections import duplicates, table_of
from provider.schema.postgres import Policy, Rows, Trigger
from provider.schema.snapshot import Snapshot

Counts = Mapping[str, int]
"""By name, e.g. `tables.missing`."""


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the summary."""

    name: str
    label: str
    first: int
    second: int
    missing: int = 0
    different: int = 0
    extra: int = 0
    both: int = 0

    @property
    def gap(self) -> str:
        """In words."""
        told = (f"{getattr(self, sign)} {sign}" for sign in ("missing", "different", "extra"))
        return ", ".join(each for each in told if not each.startswith("0 ")) or "none"


class _Counted(NamedTuple):
    """What a figure counts: the things of one kind."""

    name: str
    label: str
    kind: str


_COUNTED = (
    _Counted("migrations", "Migrations applied", "migration"),
    _Counted("tables", "Tables", "table"),
    _Counted("columns", "Columns (gap: of tables that both have)", "column"),
    _Counted("edge functions", "Edge functions", "edge function"),
    _Counted("functions", "Database functions", "function"),
    _Counted("policies", "Policies", "policy"),
    _Counted("triggers", "Triggers", "trigger"),
    _Counted("indexes", "Indexes without a constraint", "index"),
    _Counted("constraints", "Keys, checks and foreign keys", "constraint"),
    _Counted("secrets", "Secrets", "secret"),
    _Counted("stripe objects", "Stripe objects", "stripe"),
)
_NAMED = re.compile(r"[Mm]igration (\d{14})")


def figures(
    first: Snapshot, second: Snapshot, rows: Sequence[Row], references: Sequence[Rows]
) -> list[Figure]:
    """The summary's lines."""
    ours, theirs = _names(first), _names(second)
    told = [
        _figure(
            each.name, each.label, ours.get(each.kind, set()), theirs.get(each.kind, set()), _of(each, rows)
        )
        for each in _COUNTED
    ]
    users = Figure(
        name="users",
        label="Users (rows of `auth.users`)",
        first=first.counts.get("auth.users", 0),
        second=second.counts.get("auth.users", 0),
    )
    return [*told, *(_reference(first, second, rows, each) for each in references), users]


def _of(counted: _Counted, rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if counted.kind in (row.kind, row.plane)]


def _names(snapshot: Snapshot) -> dict[str, set[str]]:
    """What there is of each kind, by name."""
    found: dict[str, set[str]] = {}
    for key, wire in snapshot.objects.items():
        plane, kind = kind_of(key)
        name = key.partition("::")[2]
        found.setdefault("stripe" if plane == "stripe" else kind, set()).add(name)
        if kind == "table":
            found.setdefault("column", set()).update(f"{name}.{column}" for column in wire["columns"])
    return found


def _figure(name: str, label: str, first: set[str], second: set[str], rows: Sequence[Row]) -> Figure:
    signs = [row.sign for row in rows]
    return Figure(
        name=name,
        label=label,
        first=len(first),
        second=len(second),
        missing=signs.count("missing"),
        different=signs.count("different"),
        extra=signs.count("extra"),
        both=len(first & second),
    )


def _reference(first: Snapshot, second: Snapshot, rows: Sequence[Row], declared: Rows) -> Figure:
    tables = [declared.id, *([declared.predecessor.table] if declared.predecessor else [])]
    ours = [row for row in rows if row.kind == "row" and row.name.startswith(f"{declared.id}/")]
    label = f"Reference rows of {' or '.join(f'`{table}`' for table in reversed(tables))}"
    return _figure("area codes", label, _held(first, tables), _held(second, tables), ours)


def _held(snapshot: Snapshot, tables: Sequence[str]) -> set[str]:
    prefixes = [f"{ROW}{table}/" for table in tables]
    found = (
        {key.removeprefix(each) for key in snapshot.objects if key.startswith(each)} for each in prefixes
    )
    return next((keys for keys in found if keys), set())


def counts(told: Sequence[Figure], first: Snapshot, second: Snapshot, rows: Sequence[Row]) -> dict[str, int]:
    """Every figure by its name, and those that only a statement is held against."""
    parts = ("first", "second", "missing", "different", "extra", "both")
    return {
        **{f"{each.name}.{part}": getattr(each, part) for each in told for part in parts},
        **dict(_of_policies(first, rows)),
        **dict(_of_migrations(first, second)),
    }


def _of_policies(first: Snapshot, rows: Sequence[Row]) -> Iterator[tuple[str, int]]:
    signs = Counter((table_of(row), row.sign) for row in rows if row.kind == "policy")
    pairs = Counter(names[0].partition("/")[0] for names in duplicates(first, Policy.token))
    for table in {table for table, _ in signs} | pairs.keys():
        yield f"policies.missing of {table}", signs[table, "missing"]
        yield f"policies.extra of {table}", signs[table, "extra"]
        yield f"policies.pairs of {table}", pairs[table]
    yield "triggers.pairs", len(duplicates(first, Trigger.token))


def _of_migrations(first: Snapshot, second: Snapshot) -> Iterator[tuple[str, int]]:
    known = {_id(key) for side in (first, second) for key in side.objects if kind_of(key)[1] == "migration"}
    told = (str(wire.get("comment", "")) for side in (first, second) for wire in side.objects.values())
    named = {found[1] for text in told if (found := _NAMED.search(text))}
    yield "migrations.named by comments alone", len(named - known)
    for key, wire in second.objects.items():
        if kind_of(key)[1] == "migration" and wire["name"]:
            yield f"migrations.year of {wire['name']}", int(_id(key)[:4])


def _id(key: str) -> str:
    return key.partition("::")[2]
