"""Which changes of a column go through the rows, held against what Postgres does."""

from __future__ import annotations

from itertools import product

import pytest

from provider.postgres.catalog import Catalog
from provider.postgres.rewriting import by_adding, by_retyping, keeps_values
from provider.postgres.statement import Work
from provider.schema.postgres import Column
from tests.provider.conftest import RunSql

ALIKE = (
    ("varchar(10)", "varchar(20)", "character varying", "text", "char(10)", "char(20)"),
    ("numeric(10,2)", "numeric(12,2)", "decimal(12, 3)", "numeric", "numeric(12)"),
    ("timestamp", "timestamp(3) without time zone", "timestamptz", "timestamp(3) with time zone"),
    ("varbit(4)", "bit varying", "bit(4)"),
    ("integer", "bigint"),
    ("cidr", "inet"),
    ("json", "jsonb"),
)


def file_of(run_sql: RunSql) -> object:
    return run_sql("SELECT relfilenode FROM pg_class WHERE oid = 'public.t'::regclass")


@pytest.fixture
def table(run_sql: RunSql) -> None:
    run_sql("CREATE TABLE public.t (id int)")
    run_sql("INSERT INTO public.t VALUES (1)")
    run_sql("CREATE DOMAIN public.strict AS text CHECK (VALUE <> '')")
    run_sql("CREATE DOMAIN public.loose AS text")
    run_sql("CREATE FUNCTION public.steady() RETURNS int STABLE LANGUAGE sql AS 'SELECT 1'")
    run_sql("CREATE FUNCTION public.moody() RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN 1; END'")
    run_sql("CREATE SEQUENCE public.s")


@pytest.mark.usefixtures("table")
def test_a_type_that_keeps_values_rewrites_nothing(run_sql: RunSql) -> None:
    for group in ALIKE:
        for live, wanted in product(group, group):
            run_sql(f"ALTER TABLE public.t DROP COLUMN IF EXISTS c, ADD COLUMN c {live}")
            before = file_of(run_sql)
            run_sql(f"ALTER TABLE public.t ALTER COLUMN c TYPE {wanted} USING c::{wanted}")
            assert keeps_values(live, wanted) == (file_of(run_sql) == before), (live, wanted)


@pytest.mark.usefixtures("table")
@pytest.mark.parametrize(
    "column",
    [
        Column(type="text"),
        Column(type="text", default="'a'"),
        Column(type="timestamptz", default="now()"),
        Column(type="timestamptz", default="clock_timestamp()"),
        Column(type="uuid", default="gen_random_uuid()"),
        Column(type="integer", default="length ('a (b)')"),
        Column(type="integer", default="nextval('public.s')"),
        Column(type="integer", default="public.steady()"),
        Column(type="integer", default="(1 + public.moody())"),
        Column(type="public.strict", default="'a'"),
        Column(type="public.loose", default="'a'"),
        Column(type="integer", generated="id + 1"),
        Column(type="integer", identity="always", null="refused"),
        Column(type="integer", default="0", null="refused"),
    ],
    ids=lambda column: f"{column.type}-{column.default or column.generated or column.identity}",
)
def test_a_default_of_one_value_is_kept_in_the_catalog(
    catalog: Catalog, run_sql: RunSql, column: Column
) -> None:
    clauses = {
        "DEFAULT ({})": column.default,
        "GENERATED ALWAYS AS ({}) STORED": column.generated,
        "GENERATED {} AS IDENTITY": column.identity,
        "NOT NULL": column.null == "refused" or None,
    }
    written = [clause.format(value) for clause, value in clauses.items() if value is not None]
    before = file_of(run_sql)
    run_sql(f"ALTER TABLE public.t ADD COLUMN c {column.type} {' '.join(written)}")
    expected = Work.CATALOG if file_of(run_sql) == before else Work.REWRITE
    assert by_adding(catalog, column) == expected


@pytest.mark.usefixtures("table")
def test_a_column_without_a_value_is_looked_at_in_every_row(catalog: Catalog) -> None:
    assert by_adding(catalog, Column(type="text", null="refused")) == Work.SCAN


@pytest.mark.usefixtures("table")
def test_what_hangs_on_a_column_is_checked_or_sorted_anew(catalog: Catalog, run_sql: RunSql) -> None:
    run_sql("ALTER TABLE public.t ADD a varchar(3) CHECK (a <> ''), ADD b varchar(3), ADD c varchar(3)")
    run_sql("CREATE INDEX on_b ON public.t (b)")
    short, long = Column(type="character varying(3)"), Column(type="character varying(5)")
    sorted_anew = Column(type="character varying(3)", collation='"C"')

    def work(name: str, wanted: Column) -> Work:
        return by_retyping(catalog, "public.t", name, short, wanted)

    assert [work(name, long) for name in "abc"] == [Work.SCAN, Work.CATALOG, Work.CATALOG]
    assert [work(name, sorted_anew) for name in "abc"] == [Work.SCAN, Work.SCAN, Work.CATALOG]
