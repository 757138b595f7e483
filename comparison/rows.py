"""What differs between two snapshots, one row for each thing that somebody would name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

import msgspec

from provider.differences import differences
from provider.schema.postgres import Privileges, Rows, Table
from provider.schema.snapshot import Snapshot

Sign = Literal["missing", "different", "extra"]
"""Seen from the first environment: it lacks it, has it otherwise, or alone has it."""

Wire = dict[str, Any]

ROW = "voip:postgres:Row::"

PLANES = {
    "voip:postgres:Row": "data",
    "voip:postgres:Migration": "migrations",
    "voip:supabase:Function": "functions",
    "voip:supabase:Secret": "secrets",
}
"""By token; of all others, Stripe's are its own and the rest is the catalog's."""

_WORDS = {
    "voip:supabase:Function": "edge function",
    "voip:postgres:DefaultPrivileges": "default privileges",
    "voip:postgres:MaterializedView": "materialized view",
    "voip:stripe:WebhookEndpoint": "webhook endpoint",
    "voip:stripe:PortalConfiguration": "portal configuration",
}

_READ_TOGETHER = {"functions": "functions", "secrets": "functions", "stripe": "stripe"}
"""The part of a snapshot that a plane is read with; the others are read with the database."""


class Row(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One difference."""

    plane: str
    kind: str
    name: str
    sign: Sign
    key: str
    """`<token>::<id>` of the object that it is part of."""
    path: str = ""
    """The property of that object; empty for the whole of it."""
    paths: list[str] = msgspec.field(default_factory=list)
    """What of it differs."""
    before: Any = None
    """In the first environment."""
    after: Any = None
    """In the second."""
    section: str = ""
    phase: int | None = None
    closes: str = ""
    """How the phase closes it, or why none does."""
    hazard: str = ""
    """What closing it means for users and data."""
    risk: str = ""
    """Authored, as is why."""
    why: str = ""

    @property
    def deployments_alone(self) -> bool:
        """Whether the same files and settings were only deployed another number of times."""
        return self.kind == "edge function" and self.paths == ["version"]


class Pair(NamedTuple):
    """The same place in both environments."""

    first: Any
    second: Any

    @property
    def sign(self) -> Sign:
        if self.first is None:
            return "missing"
        return "extra" if self.second is None else "different"

    def get(self, name: str) -> Pair:
        """The same property of both."""
        return Pair(*((side or {}).get(name) for side in self))


def kind_of(key: str) -> tuple[str, str]:
    """The plane and the word for what a key names."""
    token = key.partition("::")[0]
    plane, name = token.split(":")[1:]
    return PLANES.get(token) or ("stripe" if plane == "stripe" else "catalog"), _WORDS.get(
        token, name.lower()
    )


def rows(first: Snapshot, second: Snapshot, references: Sequence[Rows] = ()) -> list[Row]:
    """Every difference of two snapshots; what one of them could not read is left out."""
    unread = first.unread.keys() | second.unread.keys()
    found = [*_objects(first, second), *_reference_rows(first, second, references)]
    return [row for row in found if _READ_TOGETHER.get(row.plane, "database") not in unread]


def _objects(first: Snapshot, second: Snapshot) -> Iterator[Row]:
    for key in sorted(first.objects.keys() | second.objects.keys()):
        pair = Pair(*(_compared(key, side.objects.get(key)) for side in (first, second)))
        if pair.first == pair.second or key.startswith(ROW):
            continue
        # Privileges come and go with their object, which is told.
        if key.startswith(f"{Privileges.token}::") and pair.sign != "different":
            continue
        if key.startswith(f"{Table.token}::") and pair.sign == "different":
            yield from _of_table(key, pair)
        else:
            yield _row(key, pair)


def _compared(key: str, wire: Wire | None) -> Wire | None:
    """The order of a table's columns can't be changed, so it is never a difference."""
    if wire is None or not key.startswith(f"{Table.token}::"):
        return wire
    return {name: value for name, value in wire.items() if name != "order"}


def _row(key: str, pair: Pair, **told: Any) -> Row:
    plane, kind = kind_of(key)
    paths = [each.path for each in differences(*pair)] if pair.sign == "different" else []
    name = key.partition("::")[2]
    if kind == "migration":
        name = f"{name}_{(pair.second or pair.first)['name']}"
    named = {"plane": plane, "kind": kind, "name": name, **told}
    return Row(sign=pair.sign, key=key, paths=paths, before=pair.first, after=pair.second, **named)


def _of_table(key: str, pair: Pair) -> Iterator[Row]:
    """A table that both have: each column, each comment, and what is left."""
    table = key.partition("::")[2]
    columns = pair.get("columns")
    for column in {**columns.second, **columns.first}:
        yield from _of_column(key, f"{table}.{column}", f"columns.{column}", columns.get(column))
    yield from _if_different(key, pair.get("comment"), kind="comment", name=table, path="comment")
    told = ("columns", "comment")
    rest = Pair(*({name: value for name, value in side.items() if name not in told} for side in pair))
    yield from _if_different(key, rest)


def _of_column(key: str, name: str, path: str, pair: Pair) -> Iterator[Row]:
    bare = Pair(*(side and {name: side[name] for name in side if name != "comment"} for side in pair))
    yield from _if_different(key, bare, kind="column", name=name, path=path)
    yield from _if_different(key, pair.get("comment"), kind="comment", name=name, path=f"{path}.comment")


def _if_different(key: str, pair: Pair, **told: Any) -> Iterator[Row]:
    if pair.first != pair.second:
        yield _row(key, pair, **told)


def _reference_rows(first: Snapshot, second: Snapshot, references: Sequence[Rows]) -> Iterator[Row]:
    for declared in references:
        sides = [_Reference.of(snapshot, declared) for snapshot in (first, second)]
        yield from _between(declared, *sides)


class _Reference(NamedTuple):
    """The reference rows of one environment, in the successor's words."""

    rows: Mapping[str, Wire]
    table: str
    """The table that they are from: the declared one, or its predecessor."""

    @classmethod
    def of(cls, snapshot: Snapshot, declared: Rows) -> _Reference:
        own = _rows_of(snapshot, declared.id)
        before = declared.predecessor
        if own or before is None:
            return cls(own, declared.id)
        renamed = {
            key: {new: row[old] for new, old in before.columns.items()}
            for key, row in _rows_of(snapshot, before.table).items()
        }
        return cls(renamed, before.table if renamed else declared.id)


def _rows_of(snapshot: Snapshot, table: str) -> dict[str, Wire]:
    prefix = f"{ROW}{table}/"
    return {key.removeprefix(prefix): row for key, row in snapshot.objects.items() if key.startswith(prefix)}


def _between(declared: Rows, first: _Reference, second: _Reference) -> Iterator[Row]:
    key = f"{Rows.token}::{declared.id}"
    same = first.table == second.table
    shared = None if same or not declared.predecessor else declared.predecessor.columns.keys()
    for name in sorted(first.rows.keys() | second.rows.keys()):
        pair = Pair(*(_cut(side.rows.get(name), shared) for side in (first, second)))
        yield from _if_different(key, pair, plane="data", kind="row", name=f"{declared.id}/{name}", path=name)
    if not same:
        told = Pair(*({"table": side.table, "rows": len(side.rows)} for side in (first, second)))
        yield _row(key, told, plane="data", kind="rows", name=declared.id)


def _cut(row: Wire | None, columns: Any) -> Wire | None:
    return row if row is None or columns is None else {name: row[name] for name in row if name in columns}
