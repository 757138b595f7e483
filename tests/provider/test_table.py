"""Columns that were dropped with what they held, and come back with it."""

from __future__ import annotations

import pytest

from provider.postgres import own
from provider.postgres.catalog import Catalog
from provider.printed import AsDeclared
from provider.registry import Kind, postgres_kinds
from provider.schema.postgres import Column, Table
from tests.provider.conftest import RunSql

COLUMNS = {
    "a": Column(type="integer", null="refused"),
    "b": Column(type="integer", null="refused"),
    "text": Column(type="text"),
}
WITH = Table(name="notes", columns=COLUMNS)
WITHOUT = Table(name="notes", columns={"a": COLUMNS["a"], "b": COLUMNS["b"]}, dropped=["text"])


@pytest.fixture
def kind(catalog: Catalog) -> Kind:
    return postgres_kinds(catalog, AsDeclared())[Table.token]


def test_a_dropped_column_comes_back_with_what_it_held(kind: Kind, catalog: Catalog, run_sql: RunSql) -> None:
    run_sql("CREATE TABLE public.notes (a int, b int, text text, PRIMARY KEY (a, b))")
    run_sql("INSERT INTO public.notes VALUES (1, 1, 'one'), (1, 2, 'two'), (2, 1, NULL), (3, 1, 'gone')")
    kind.update(WITH, WITHOUT)
    assert own.aside(catalog.session) == {"notes.text": 3}

    run_sql("DELETE FROM public.notes WHERE a = 3; INSERT INTO public.notes VALUES (4, 1)")
    kind.update(WITHOUT, WITH)
    assert run_sql("SELECT * FROM public.notes ORDER BY a, b") == [
        (1, 1, "one"),
        (1, 2, "two"),
        (2, 1, None),
        (4, 1, None),
    ]
    assert own.aside(catalog.session) == {}


def test_without_a_key_a_dropped_column_is_gone(kind: Kind, catalog: Catalog, run_sql: RunSql) -> None:
    run_sql("CREATE TABLE public.notes (a int NOT NULL, b int NOT NULL, text text)")
    run_sql("INSERT INTO public.notes VALUES (1, 1, 'one')")
    kind.update(WITH, WITHOUT)
    kind.update(WITHOUT, WITH)
    assert run_sql("SELECT * FROM public.notes") == [(1, 1, None)]
    assert own.aside(catalog.session) == {}
