"""Reference rows."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from provider.errors import NotAsWantedError, PropertyError, ProviderError
from provider.postgres.catalog import Catalog
from provider.postgres.rows import RowsKind
from provider.schema.postgres import Rows
from tests.provider.conftest import RunSql


def rows(
    *given: Mapping[str, object], key: str = "npa", table: str = "areas", overwrite: bool = False
) -> Rows:
    """Reference rows by the value of their key column."""
    declared = {str(row[key]): json.dumps(row, sort_keys=True, ensure_ascii=False) for row in given}
    return Rows(table=table, rows=declared, overwrite=overwrite)


@pytest.fixture
def kind(catalog: Catalog, run_sql: RunSql) -> RowsKind:
    run_sql("CREATE TABLE public.areas (npa text PRIMARY KEY, name text, note text DEFAULT 'theirs')")
    return RowsKind(catalog)


def signs(kind: RowsKind, wanted: Rows) -> dict[str, str]:
    live = kind.read(wanted.id, wanted)
    assert live is not None
    return {difference.path: difference.sign for difference in kind.diff(live, wanted)}


NEW_YORK, TORONTO = {"npa": "212", "name": "New York"}, {"npa": "416", "name": "Toronto"}


def test_missing_rows_are_inserted(kind: RowsKind, run_sql: RunSql) -> None:
    wanted = kind.check(rows(NEW_YORK, TORONTO))
    run_sql("INSERT INTO public.areas VALUES ('212', 'New York', 'mine')")
    assert signs(kind, wanted) == {'rows["416"]': "add"}
    kind.create(wanted)
    assert signs(kind, wanted) == {}
    assert run_sql("SELECT * FROM public.areas ORDER BY npa") == [
        ("212", "New York", "mine"),
        ("416", "Toronto", "theirs"),
    ]


def test_rows_and_columns_of_others_are_left_alone(kind: RowsKind, run_sql: RunSql) -> None:
    wanted = rows(NEW_YORK)
    kind.create(wanted)
    run_sql("INSERT INTO public.areas VALUES ('999', 'added by an admin', NULL)")
    run_sql("UPDATE public.areas SET note = 'changed' WHERE npa = '212'")
    assert signs(kind, wanted) == {}
    kind.update(wanted, wanted)
    assert run_sql("SELECT npa, note FROM public.areas ORDER BY npa") == [("212", "changed"), ("999", None)]


def test_a_changed_row_is_kept_without_consent(kind: RowsKind, run_sql: RunSql) -> None:
    wanted = rows(NEW_YORK, TORONTO)
    kind.create(wanted)
    run_sql("UPDATE public.areas SET name = 'NYC' WHERE npa = '212'")
    run_sql("DELETE FROM public.areas WHERE npa = '416'")
    assert signs(kind, wanted) == {'rows["212"]': "update", 'rows["416"]': "add"}
    with pytest.raises(ProviderError) as raised:
        kind.update(wanted, wanted)
    assert str(raised.value) == (
        "1 rows of public.areas were changed by hand (212) and are kept; take the change over into the data "
        "file, or consent with `pulumi config set overwriteRows true`"
    )
    assert run_sql("SELECT name FROM public.areas") == [("NYC",)]


def test_a_changed_row_is_put_back_with_consent(kind: RowsKind, run_sql: RunSql) -> None:
    kind.create(rows(NEW_YORK, TORONTO))
    run_sql("UPDATE public.areas SET name = NULL, note = 'kept' WHERE npa = '212'")
    wanted = rows(NEW_YORK, TORONTO, overwrite=True)
    assert signs(kind, wanted) == {'rows["212"]': "update"}
    kind.update(wanted, wanted)
    assert signs(kind, wanted) == {}
    assert run_sql("SELECT name, note FROM public.areas WHERE npa = '212'") == [("New York", "kept")]


def test_of_many_changed_rows_some_are_named(kind: RowsKind, run_sql: RunSql) -> None:
    wanted = rows(*({"npa": f"20{digit}", "name": "x"} for digit in range(8)))
    kind.create(wanted)
    run_sql("UPDATE public.areas SET name = 'y'")
    with pytest.raises(ProviderError, match=r"8 rows .* \(200, 201, 202, 203, 204 and 3 more\)"):
        kind.update(wanted, wanted)


def test_without_a_declaration_all_columns_are_read(kind: RowsKind, run_sql: RunSql) -> None:
    run_sql("INSERT INTO public.areas VALUES ('212', 'New York', NULL)")
    live = kind.read("public.areas", None)
    assert live == Rows(table="areas", rows={"212": '{"name": "New York", "note": null, "npa": "212"}'})


@pytest.mark.parametrize("identifier", ["public.nowhere", 'public."No Key"'])
def test_without_a_table_or_its_key_nothing_is_read_and_nothing_written(
    kind: RowsKind, run_sql: RunSql, identifier: str
) -> None:
    run_sql('CREATE TABLE public."No Key" (npa text)')
    assert kind.read(identifier, None) is None
    table = identifier.removeprefix("public.").strip('"')
    with pytest.raises(ProviderError, match="is not there or has no primary key; create it first"):
        kind.create(rows(NEW_YORK, table=table))


def test_rows_with_different_columns_are_refused(kind: RowsKind) -> None:
    with pytest.raises(PropertyError) as raised:
        kind.check(rows(NEW_YORK, {"npa": "416"}))
    assert raised.value.path == "rows"


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        (
            {"212": '{"npa": "213", "name": "x"}'},
            "the row 212 of public.areas has the key 213; correct one of both",
        ),
        ({"212": '{"name": "x"}'}, "the row 212 of public.areas lacks its key npa; add it"),
    ],
)
def test_a_row_under_another_key_is_refused(kind: RowsKind, declared: dict[str, str], message: str) -> None:
    with pytest.raises(ProviderError) as raised:
        kind.create(Rows(table="areas", rows=declared))
    assert str(raised.value) == message


def test_a_value_that_reads_back_otherwise_is_told(kind: RowsKind, run_sql: RunSql) -> None:
    run_sql("CREATE TABLE public.dated (npa text PRIMARY KEY, since timestamptz)")
    wanted = rows({"npa": "212", "since": "2025-01-01"}, table="dated")
    with pytest.raises(NotAsWantedError) as raised:
        kind.create(wanted)
    assert str(raised.value) == (
        "1 rows of public.dated were written and read back otherwise; 212 is declared as "
        '{"npa": "212", "since": "2025-01-01"} and reads '
        '{"npa": "212", "since": "2025-01-01T00:00:00+00:00"}: declare it so'
    )


def test_values_of_every_type_come_back_as_declared(kind: RowsKind, run_sql: RunSql) -> None:
    run_sql(
        "CREATE TABLE public.typed (npa text PRIMARY KEY, n int, big bigint, x numeric(4, 1), yes boolean, "
        "document jsonb, tags text[], at timestamptz, nothing text)"
    )
    wanted = rows(
        {
            "npa": "it's 100% {x} \\ größe 🔑",
            "n": -1,
            "big": 9007199254740993,
            "x": 1.5,
            "yes": False,
            "document": {"a": [1, None, {"b": "c"}]},
            "tags": ["a", 'b"c'],
            "at": "2025-01-01T00:00:00+00:00",
            "nothing": None,
        },
        table="typed",
    )
    kind.create(wanted)
    assert signs(kind, wanted) == {}


def test_a_key_of_several_columns_identifies(kind: RowsKind, run_sql: RunSql) -> None:
    run_sql('CREATE TABLE public."Pairs" ("B" int, "a b" text, PRIMARY KEY ("a b", "B"))')
    declared = {"x,1": '{"B": 1, "a b": "x"}', "x,2": '{"B": 2, "a b": "x"}'}
    wanted = Rows(table="Pairs", rows=declared, overwrite=True)
    run_sql("""INSERT INTO public."Pairs" VALUES (2, 'x')""")
    kind.create(wanted)
    assert signs(kind, wanted) == {}
    assert run_sql('SELECT "B" FROM public."Pairs" ORDER BY 1') == [(1,), (2,)]


def test_a_key_may_be_generated_elsewhere(kind: RowsKind, run_sql: RunSql) -> None:
    run_sql("CREATE TABLE public.numbered (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text)")
    wanted = rows({"id": 7, "name": "seven"}, key="id", table="numbered")
    kind.create(wanted)
    assert run_sql("SELECT id, name FROM public.numbered") == [(7, "seven")]


def test_to_delete_is_to_forget(kind: RowsKind, run_sql: RunSql) -> None:
    wanted = rows(NEW_YORK)
    kind.create(wanted)
    kind.delete(wanted, scratch=True)
    assert run_sql("SELECT npa FROM public.areas") == [("212",)]
