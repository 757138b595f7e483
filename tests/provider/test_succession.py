"""Rows that succeed those of another table."""

from __future__ import annotations

import pytest

from provider.notes import Note
from provider.postgres.catalog import Catalog
from provider.postgres.rows import RowsKind
from provider.postgres.succession import Row, succession
from provider.schema.postgres import Predecessor, Rows
from tests.provider.conftest import RunSql


def row(npa: str, state: str, name: str, note: str | None = None) -> Row:
    return {"npa": npa, "state": state, "name": name, "note": note}


NEW = {
    each["npa"]: each
    for each in (
        row("201", "NJ", "New Jersey", "first"),
        row("551", "NJ", "New Jersey"),
        row("212", "NY", "New York"),
        row("999", "XX", "One"),
        row("998", "XX", "Another"),
    )
}


def old(**states: str) -> dict[str, Row]:
    return {npa.lstrip("n"): {"npa": npa.lstrip("n"), "state": state} for npa, state in states.items()}


def test_each_key_becomes_one_thing() -> None:
    found = succession(NEW, old(n201="NJ", n212="NJ", n609="NJ", n123="ZZ", n124="XX"), "npa", ["name"])
    assert found.same == ["201"]
    assert found.different == ["212"]
    assert found.added == ["551", "998", "999"]
    assert found.carried == {"609": row("609", "NJ", "New Jersey")}
    assert found.unknown == ["123", "124"], "nobody has the value, or those who have it disagree"
    assert found.note("public.codes") == Note(
        "against public.codes: 1 same, 3 added, 1 different, 1 carried over, 2 unknown", warning=True
    )


def test_agreement_is_no_warning() -> None:
    assert not succession(NEW, old(n201="NJ"), "npa", ["name"]).note("t").warning


@pytest.fixture
def kind(catalog: Catalog, run_sql: RunSql) -> RowsKind:
    run_sql("CREATE TABLE public.areas (npa varchar(3) PRIMARY KEY, state varchar(2), name text, extra int)")
    run_sql("CREATE TABLE public.codes (id int PRIMARY KEY, npa char(3), st char(2))")
    run_sql("INSERT INTO public.codes VALUES (1, '201', 'NJ'), (2, '212', 'NJ')")
    run_sql("INSERT INTO public.codes VALUES (3, '609', 'NJ'), (4, '123', 'ZZ')")
    return RowsKind(catalog)


WANTED = Rows(
    table="areas",
    rows={
        "201": '{"name": "New Jersey", "npa": "201", "state": "NJ"}',
        "212": '{"name": "New York", "npa": "212", "state": "NY"}',
    },
    predecessor=Predecessor(
        table="public.codes", key="npa", columns={"npa": "npa", "state": "st"}, derived=["name"]
    ),
)


def test_what_the_old_table_alone_holds_is_carried_over(kind: RowsKind, run_sql: RunSql) -> None:
    assert kind.notes(WANTED) == [
        Note("against public.codes: 1 same, 0 added, 1 different, 1 carried over, 1 unknown", warning=True)
    ]
    assert len(kind.plan(WANTED)) == 2
    kind.create(WANTED)
    assert run_sql("SELECT npa, state, name FROM public.areas ORDER BY 1") == [
        ("201", "NJ", "New Jersey"), ("212", "NY", "New York"), ("609", "NJ", "New Jersey"),
    ]  # fmt: skip
    assert run_sql("SELECT count(*) FROM public.codes") == [(4,)]
    live = kind.read(WANTED.id, WANTED)
    assert live is not None
    assert kind.diff(live, WANTED) == []
    assert kind.plan(WANTED) == []


def test_a_carried_row_belongs_to_the_users(kind: RowsKind, run_sql: RunSql) -> None:
    kind.create(WANTED)
    run_sql("UPDATE public.areas SET state = 'PA' WHERE npa = '609'")
    kind.create(WANTED)
    assert run_sql("SELECT state FROM public.areas WHERE npa = '609'") == [("PA",)]


def test_without_the_old_table_there_is_nothing_to_tell(kind: RowsKind, run_sql: RunSql) -> None:
    run_sql("DROP TABLE public.codes")
    assert kind.notes(WANTED) == []
    kind.create(WANTED)
    assert run_sql("SELECT count(*) FROM public.areas") == [(2,)]


def test_a_preview_may_come_before_the_new_table(kind: RowsKind, run_sql: RunSql) -> None:
    run_sql("DROP TABLE public.areas")
    assert len(kind.notes(WANTED)) == 1
    assert len(kind.plan(WANTED)) == 2
