"""What the kinds of catalog objects do that a case of tests/cases can't show."""

from __future__ import annotations

import threading
from contextlib import closing

import msgspec
import psycopg
import pytest
from psycopg.errors import UniqueViolation

from provider.errors import ProviderError
from provider.postgres.catalog import Catalog
from provider.postgres.kind import CatalogKind
from provider.postgres.session import Session
from provider.printed import Printed
from provider.registry import postgres_kinds
from provider.schema.postgres import (
    Argument,
    Column,
    DefaultPrivileges,
    Function,
    Index,
    Policy,
    Retirement,
    Table,
)
from sandbox import databases
from sandbox.cluster import Cluster
from tests.provider.conftest import MakeTarget, RunSql

DECLARED = "name IN ('a', 'b')"
POLICY = Policy(table="t", name="p", using=DECLARED)


@pytest.fixture
def table(run_sql: RunSql) -> None:
    run_sql("CREATE TABLE public.t (id int, name varchar(10))")


def printing(run_sql: RunSql) -> str:
    ((text,),) = run_sql("SELECT pg_get_expr(polqual, polrelid) FROM pg_policy")
    return str(text)


@pytest.mark.usefixtures("table")
def test_an_object_from_a_restored_dump_is_no_other(target: MakeTarget, run_sql: RunSql) -> None:
    """Postgres prints what it parsed from its own printing in another way."""
    run_sql(f"CREATE POLICY p ON public.t USING ({DECLARED})")
    by_hand = printing(run_sql)
    run_sql("DROP POLICY p ON public.t")
    run_sql(f"CREATE POLICY p ON public.t USING ({by_hand})")
    restored = printing(run_sql)
    assert restored != by_hand

    key = f"{POLICY.token}::{POLICY.id}#using"
    printed = Printed({key: {DECLARED: by_hand, by_hand: restored}}, "printed.json")
    with closing(Session(target())) as session:
        kind = postgres_kinds(Catalog(session), printed)[Policy.token]
        wanted = kind.check(POLICY)
        assert kind.diff(kind.read(wanted.id, wanted), wanted) == []
        kind.create(wanted)
    assert printing(run_sql) == restored, "what is equal is left alone"

    run_sql("DROP POLICY p ON public.t")
    with closing(Session(target())) as session:
        postgres_kinds(Catalog(session), printed)[Policy.token].create(wanted)
    assert printing(run_sql) == by_hand, "what is made anew is as if made by hand"


@pytest.mark.usefixtures("table")
def test_an_index_that_was_left_invalid_is_built_anew(catalog: Catalog, run_sql: RunSql) -> None:
    run_sql("INSERT INTO public.t VALUES (1), (1)")
    with pytest.raises(UniqueViolation):
        run_sql("CREATE UNIQUE INDEX CONCURRENTLY once ON public.t (id)")
    run_sql("DELETE FROM public.t")

    key = f"{Index.token}::public.once#definition"
    printed = Printed({key: {"btree (id)": "btree (id)"}}, "printed.json")
    kind = postgres_kinds(catalog, printed)[Index.token]
    assert isinstance(kind, CatalogKind)
    wanted = kind.check(Index(table="t", name="once", definition="btree (id)", unique=True))
    live = kind.read(wanted.id, wanted)
    assert [difference.path for difference in kind.diff(live, wanted)] == ["valid"]
    kind.update(live, wanted)
    assert run_sql("SELECT indisvalid FROM pg_index WHERE indexrelid = 'public.once'::regclass") == [(True,)]


@pytest.mark.usefixtures("table")
def test_what_others_did_meanwhile_is_seen_before_a_change(catalog: Catalog, run_sql: RunSql) -> None:
    key = f"{POLICY.token}::{POLICY.id}#using"
    kind = postgres_kinds(catalog, Printed({key: {"id > 0": "(id > 0)"}}, "printed.json"))[Policy.token]
    wanted = kind.check(Policy(table="t", name="p", using="id > 0"))
    live = kind.create(wanted)
    run_sql("ALTER POLICY p ON public.t TO anon")
    assert kind.update(live, wanted) == wanted
    assert run_sql("SELECT polroles FROM pg_policy") == [([0],)]


def test_what_only_a_superuser_gives_a_function_is_seen(
    blank_database: databases.Target, sandbox_cluster: Cluster, catalog: Catalog, run_sql: RunSql
) -> None:
    run_sql("CREATE FUNCTION public.f() RETURNS SETOF int LANGUAGE sql AS 'SELECT 1'")
    with databases.admin(sandbox_cluster, blank_database.name) as superuser:
        superuser.execute("ALTER FUNCTION public.f() LEAKPROOF SUPPORT generate_series_int4_support")
    texts = {f"{Function.token}::public.f()#returns": {"SETOF integer": "SETOF integer"}}
    kind = postgres_kinds(catalog, Printed(texts, "printed.json"))[Function.token]
    wanted = kind.check(Function(name="f", returns="SETOF integer", language="sql", body="SELECT 1"))
    live = kind.read(wanted.id, wanted)
    assert isinstance(live, Function)
    assert [tuple(difference) for difference in kind.diff(live, wanted)] == [
        ("leakproof", "delete"),
        ("unmanaged", "delete"),
    ]
    with pytest.raises(ProviderError, match="SUPPORT generate_series_int4_support is told by no property"):
        kind.update(live, wanted)
    accepted = msgspec.structs.replace(wanted, body="SELECT 2", unmanaged=live.unmanaged)
    with pytest.raises(ProviderError, match="SUPPORT generate_series_int4_support would be lost"):
        kind.update(live, accepted)


def test_a_function_made_anew_keeps_the_grants_it_had(catalog: Catalog, run_sql: RunSql) -> None:
    """Its privileges may be a resource of their own, which this update knows nothing of."""
    run_sql("CREATE FUNCTION public.f(a int) RETURNS int LANGUAGE sql AS 'SELECT 1'")
    run_sql("REVOKE ALL ON FUNCTION public.f FROM PUBLIC, anon")
    run_sql("GRANT EXECUTE ON FUNCTION public.f TO authenticated WITH GRANT OPTION")
    grants = "SELECT unnest(proacl)::text FROM pg_proc WHERE oid = 'public.f'::regproc ORDER BY 1"
    before = run_sql(grants)
    key = f"{Function.token}::public.f(integer)"
    texts = {f"{key}#returns": {"integer": "integer"}, f"{key}#arguments[0].type": {"integer": "integer"}}
    kind = postgres_kinds(catalog, Printed(texts, "printed.json"))[Function.token]
    renamed = Argument(name="b", type="integer")
    wanted = kind.check(
        Function(name="f", arguments=[renamed], returns="integer", language="sql", body="SELECT 1")
    )
    kind.update(kind.read(wanted.id, wanted), wanted)
    assert run_sql(grants) == before


def test_a_value_that_is_written_at_the_same_time_is_not_lost_either(
    blank_database: databases.Target, catalog: Catalog, run_sql: RunSql
) -> None:
    run_sql("CREATE TABLE public.t (price numeric)")
    texts = {f"{Table.token}::public.t#columns.price.type": {"numeric(10,2)": "numeric(10,2)"}}
    kind = postgres_kinds(catalog, Printed(texts, "printed.json"))[Table.token]
    wanted = kind.check(Table(name="t", columns={"price": Column(type="numeric(10,2)")}))
    live = kind.read(wanted.id, wanted)
    with closing(psycopg.connect(blank_database.database_url)) as writer:
        writer.execute("INSERT INTO public.t VALUES (1.005)")
        committing = threading.Timer(0.3, writer.commit)
        committing.start()
        with pytest.raises(ProviderError, match=r"holds values in price that numeric\(10,2\) would change"):
            kind.update(live, wanted)
        committing.join()
    assert run_sql("SELECT price::text FROM public.t") == [("1.005",)]


def test_default_privileges_are_forgotten_once_they_are_put_back(target: MakeTarget, run_sql: RunSql) -> None:
    closed = DefaultPrivileges(schema="", kind="functions")
    gone = Retirement(name="r", absent=[f"{closed.token}::{closed.id}"])
    with closing(Session(target())) as session:
        kinds = postgres_kinds(Catalog(session), Printed({}, "printed.json"))
        kind = kinds[closed.token]
        live = kind.create(kind.check(closed))
        with pytest.raises(ProviderError, match="is live and not declared as retired"):
            kind.delete(live, scratch=False)
        kinds[Retirement.token].create(gone)
        kind.delete(live, scratch=False)
    run_sql("CREATE FUNCTION public.open() RETURNS int LANGUAGE sql AS 'SELECT 1'")
    assert run_sql("SELECT has_function_privilege('anon', 'public.open()', 'EXECUTE')") == [(True,)]
