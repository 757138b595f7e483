"""What differs between two snapshots, as data."""

from __future__ import annotations

from typing import Any

import pytest

from comparison.rows import Row, rows
from provider.schema.postgres import Predecessor, Rows
from provider.schema.snapshot import Snapshot

TABLE = "voip:postgres:Table::public.t"
POLICY = "voip:postgres:Policy::public.t/own"
PRIVILEGES = "voip:postgres:Privileges::table public.t"
FUNCTION = "voip:supabase:Function::ping"
NAMES = Rows(
    table="names",
    rows={},
    predecessor=Predecessor(table="public.old", key="id", columns={"id": "key", "name": "word"}, derived=[]),
)


def snapshot(objects: dict[str, dict[str, Any]], **more: Any) -> Snapshot:
    return Snapshot(environment="e", project="p", taken="2026-01-01T00:00:00+00:00", objects=objects, **more)


def told(found: list[Row]) -> list[str]:
    return [f"{row.sign} {row.kind} {row.name} {','.join(row.paths)}".strip() for row in found]


def table(**columns: dict[str, Any]) -> dict[str, Any]:
    return {"name": "t", "columns": columns, "rowSecurity": True}


TEXT = {"type": "text"}


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ({}, {}, []),
        ({TABLE: table(a=TEXT)}, {TABLE: table(a=TEXT)}, []),
        ({}, {TABLE: table(a=TEXT), PRIVILEGES: {"grants": {}}}, ["missing table public.t"]),
        ({TABLE: table(a=TEXT), PRIVILEGES: {"grants": {}}}, {}, ["extra table public.t"]),
        ({PRIVILEGES: {"grants": {}}}, {PRIVILEGES: {"grants": {"anon": ["SELECT"]}}},
         ["different privileges table public.t grants.anon"]),
        ({TABLE: table(a=TEXT)}, {TABLE: table(a=TEXT, b=TEXT)}, ["missing column public.t.b"]),
        ({TABLE: table(a=TEXT, b=TEXT)}, {TABLE: table(a=TEXT)}, ["extra column public.t.b"]),
        ({TABLE: table(a=TEXT)}, {TABLE: table(a={"type": "text", "null": "refused"})},
         ["different column public.t.a null"]),
        ({TABLE: table(a=TEXT)}, {TABLE: table(a={"type": "text", "comment": "A."})},
         ["missing comment public.t.a"]),
        ({TABLE: {**table(), "comment": "One."}}, {TABLE: {**table(), "comment": "Two."}},
         ["different comment public.t"]),
        ({TABLE: table()}, {TABLE: {**table(), "rowSecurity": False}},
         ["different table public.t rowSecurity"]),
        ({TABLE: {**table(), "order": ["a"]}}, {TABLE: table()}, []),
        ({POLICY: {"using": "a"}}, {POLICY: {"using": "b"}}, ["different policy public.t/own using"]),
        ({FUNCTION: {"version": 1}}, {FUNCTION: {"version": 2}}, ["different edge function ping version"]),
        ({}, {"voip:postgres:Migration::1": {"name": "one"}}, ["missing migration 1_one"]),
    ],
)  # fmt: skip
def test_each_thing_that_differs_is_a_row(
    first: dict[str, Any], second: dict[str, Any], expected: list[str]
) -> None:
    assert told(rows(snapshot(first), snapshot(second))) == expected


def old(key: str, word: str) -> dict[str, dict[str, Any]]:
    return {f"voip:postgres:Row::public.old/{key}": {"key": key, "word": word}}


def new(key: str, name: str) -> dict[str, dict[str, Any]]:
    return {f"voip:postgres:Row::public.names/{key}": {"id": key, "name": name, "more": True}}


def test_rows_are_held_against_those_that_they_succeed() -> None:
    first = snapshot({**old("1", "one"), **old("2", "zwei"), **old("4", "four")})
    second = snapshot({**new("1", "one"), **new("2", "two"), **new("3", "three")})
    assert told(rows(first, second, [NAMES])) == [
        "different row public.names/2 name",
        "missing row public.names/3",
        "extra row public.names/4",
        "different rows public.names table",
    ]


def test_rows_of_one_table_are_compared_whole() -> None:
    first, second = snapshot(new("1", "one")), snapshot(new("1", "one"))
    second.objects["voip:postgres:Row::public.names/1"]["more"] = False
    assert told(rows(first, second, [NAMES])) == ["different row public.names/1 more"]


@pytest.mark.parametrize("plane", ["functions", "stripe", ""])
def test_nothing_is_told_of_what_could_not_be_read(plane: str) -> None:
    objects: dict[str, dict[str, Any]] = {
        FUNCTION: {},
        "voip:supabase:Secret::A": {},
        "voip:stripe:Product::a": {},
        POLICY: {},
    }
    found = rows(snapshot(objects), snapshot({}, unread={plane: "no token"} if plane else {}))
    hidden = {"functions": {"functions", "secrets"}, "stripe": {"stripe"}}.get(plane, set())
    assert {row.plane for row in found} == {"catalog", "functions", "secrets", "stripe"} - hidden


def test_a_difference_in_deployments_alone_is_told_apart() -> None:
    first = snapshot({FUNCTION: {"version": 1, "files": "a"}})
    assert [
        row.deployments_alone for row in rows(first, snapshot({FUNCTION: {"version": 2, "files": "a"}}))
    ] == [True]
    assert [
        row.deployments_alone for row in rows(first, snapshot({FUNCTION: {"version": 2, "files": "b"}}))
    ] == [False]
