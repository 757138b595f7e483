"""Changes where there are users: in steps that keep nobody waiting, each of which may be the last."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import LiteralString

import psycopg
import pytest

from provider.errors import ProviderError
from provider.postgres import session as session_module
from provider.postgres.catalog import Catalog
from provider.postgres.kind import CatalogKind
from provider.postgres.session import Session
from provider.postgres.statement import Lock, Statement, Transaction, Work, strongest, transactions
from provider.printed import AsDeclared
from provider.registry import postgres_kinds
from provider.schema.postgres import Column, Constraint, Index, NotNull, Table
from provider.schema.shape import Shape
from provider.target import Target
from sandbox import databases
from sandbox.cluster import Cluster
from tests.provider.cases import apply
from tests.provider.conftest import NewDatabase
from tests.provider.dumps import dump

BUSY = """
CREATE TABLE public.parents (id int CONSTRAINT parents_pkey PRIMARY KEY);
CREATE TABLE public.t (id int NOT NULL, a int, b text, p int);
INSERT INTO public.parents SELECT generate_series(1, 9);
INSERT INTO public.t SELECT n, n, n::text, n FROM generate_series(1, 9) n;
CREATE INDEX by_b ON public.t (b);
ALTER TABLE public.t ADD CONSTRAINT small CHECK (a < 100), ADD CONSTRAINT one UNIQUE (id);
"""


@dataclass(frozen=True)
class Change:
    """A change of the busy table, and how many transactions it takes."""

    name: str
    wanted: Shape
    transactions: int

    def __str__(self) -> str:
        return self.name


CHANGES = [
    Change("check", Constraint(table="t", name="c", definition="CHECK ((a > 0))"), 2),
    Change("check changed", Constraint(table="t", name="small", definition="CHECK ((a < 50))"), 2),
    Change(
        "foreign key",
        Constraint(table="t", name="f", definition="FOREIGN KEY (p) REFERENCES public.parents(id)"),
        2,
    ),
    Change("unique", Constraint(table="t", name="u", definition="UNIQUE NULLS NOT DISTINCT (a, b)"), 2),
    Change("unique changed", Constraint(table="t", name="one", definition="UNIQUE (id) INCLUDE (a)"), 2),
    Change("deferrable", Constraint(table="t", name="u", definition="UNIQUE (a) DEFERRABLE"), 2),
    Change("primary key", Constraint(table="t", name="k", definition="PRIMARY KEY (id)"), 2),
    Change("not null", NotNull(table="t", column="a"), 3),
    Change("index", Index(table="t", name="i", definition="btree (a)", comment="found by a"), 2),
    Change("unique index", Index(table="t", name="i", definition="btree (a)", unique=True), 1),
    Change("index changed", Index(table="t", name="by_b", definition="btree (b DESC)"), 2),
    Change(
        "column no longer null",
        Table(
            name="t",
            columns={
                "id": Column(type="integer", null="refused"),
                "a": Column(type="integer", null="refused", comment="Told after it."),
                "b": Column(type="text"),
                "p": Column(type="integer"),
            },
        ),
        3,
    ),
]


@contextmanager
def kind_on(target: databases.Target, shape: Shape, *, consent: bool = False) -> Iterator[CatalogKind[Shape]]:
    """The kind of a shape in a provider process of its own."""
    reached = (target.ref, target.database_url, "auth.users", Path("printed.json"))
    of_provider = Target("sandbox", "scratch", *reached, scratch=False, long_locks=consent)
    with closing(Session(of_provider)) as session:
        kind = postgres_kinds(Catalog(session), AsDeclared())[shape.token]
        assert isinstance(kind, CatalogKind)
        yield kind


def carry_out(target: databases.Target, wanted: Shape, *, anew: bool) -> None:
    """What Pulumi asks for: Create of an object that its state does not hold, Update of one that it does."""
    with kind_on(target, wanted) as kind:
        live = kind.read(wanted.id, wanted)
        if anew or live is None:
            kind.create(wanted)
        elif kind.diff(live, wanted):
            kind.update(live, wanted)
    with kind_on(target, wanted) as kind:
        assert kind.plan(wanted) == []


@pytest.mark.parametrize("change", CHANGES, ids=str)
def test_no_step_keeps_users_waiting_and_each_may_be_the_last(
    change: Change,
    new_database: NewDatabase,
    sandbox_cluster: Cluster,
) -> None:
    with new_database() as whole:
        apply(whole, BUSY)
        with kind_on(whole, change.wanted) as kind:
            anew = kind.read(change.wanted.id, change.wanted) is None
            steps = transactions(kind.plan(change.wanted))
        assert len(steps) == change.transactions
        for step in steps:
            assert step[0].transaction is Transaction.NONE or is_online(step)
        carry_out(whole, change.wanted, anew=anew)
        wanted = dump(sandbox_cluster, whole)

    for killed_after in range(1, len(steps)):
        with new_database() as killed:
            apply(killed, BUSY)
            with kind_on(killed, change.wanted) as kind:
                kind._catalog.change([statement for step in steps[:killed_after] for statement in step])
            carry_out(killed, change.wanted, anew=anew)
            assert dump(sandbox_cluster, killed) == wanted


def is_online(step: list[Statement]) -> bool:
    """Whether a transaction goes through no rows under a lock that users wait for."""
    blocking = [lock for lock in strongest(step).values() if lock > Lock.SHARE_UPDATE_EXCLUSIVE]
    return not blocking or all(statement.work is Work.CATALOG for statement in step)


LONG_LOCKS = [
    (
        Table(name="t", columns={"v": Column(type="uuid", default="gen_random_uuid()")}),
        'ALTER TABLE "public"."t" ADD COLUMN "v" uuid DEFAULT (gen_random_uuid())',
        "rewrites",
    ),
    (
        Table(name="t", columns={"g": Column(type="integer", generated="id + 1")}),
        'ALTER TABLE "public"."t" ADD COLUMN "g" integer GENERATED ALWAYS AS (id + 1) STORED',
        "rewrites",
    ),
    (
        Constraint(table="t", name="x", definition="EXCLUDE USING btree (a WITH =)"),
        'ALTER TABLE "public"."t" ADD CONSTRAINT "x" EXCLUDE USING btree (a WITH =)',
        "reads all of",
    ),
    (
        Constraint(table="t", name="k", definition="PRIMARY KEY (a)"),
        'ALTER TABLE "public"."t" ADD CONSTRAINT "k" PRIMARY KEY USING INDEX "k_building"',
        "reads all of",
    ),
]


@pytest.mark.parametrize(("wanted", "statement", "verb"), LONG_LOCKS, ids=lambda value: str(value)[:20])
def test_what_would_keep_users_waiting_is_refused_without_consent(
    wanted: Shape, statement: str, verb: str, blank_database: databases.Target
) -> None:
    apply(blank_database, BUSY)
    with kind_on(blank_database, wanted) as kind:
        with pytest.raises(ProviderError) as raised:
            kind._carry_out(kind.read(wanted.id, wanted), wanted)
        assert str(raised.value) == (
            f"`{statement}` {verb} public.t under ACCESS EXCLUSIVE, and users must wait for it; "
            "lead there in steps (a new column, a backfill, then the old one dropped), or consent with "
            "`pulumi config set voip:longLocks true`"
        )
        assert not kind._catalog.session.changed
    with kind_on(blank_database, wanted, consent=True) as kind:
        kind._carry_out(kind.read(wanted.id, wanted), wanted)


def test_a_table_of_the_same_update_has_no_users(blank_database: databases.Target) -> None:
    table = Table(name="t", columns={"id": Column(type="integer", null="refused")})
    with kind_on(blank_database, table) as kind:
        kind.create(table)
        apply(blank_database, "INSERT INTO public.t VALUES (1)")
        key = Constraint(table="t", name="k", definition="PRIMARY KEY (id)")
        of_keys = postgres_kinds(kind._catalog, AsDeclared())[Constraint.token]
        assert isinstance(of_keys, CatalogKind)
        (statement,) = of_keys.plan(key)
        assert statement.text.as_string() == 'ALTER TABLE "public"."t" ADD CONSTRAINT "k" PRIMARY KEY (id)'


NULLS_LEFT = (
    "rows of public.t hold no n (9 of them), which is to be NOT NULL; "
    "fill them first, by hand or with a backfill"
)


@pytest.mark.parametrize(
    ("wanted", "problem"),
    [
        (
            Constraint(table="t", name="c", definition="CHECK ((a > 5))"),
            "rows break public.t/c (5 of them); look at them with "
            '`SELECT * FROM "public"."t" WHERE NOT ((a > 5))` and correct them',
        ),
        (
            NotNull(table="t", column="n"),
            NULLS_LEFT,
        ),
        (
            Table(name="t", columns={"n": Column(type="integer", null="refused")}),
            NULLS_LEFT,
        ),
    ],
    ids=["check", "not null", "column"],
)
def test_rows_in_the_way_are_told_before_anything_is_done(
    wanted: Shape, problem: str, blank_database: databases.Target, sandbox_cluster: Cluster
) -> None:
    """A check that is there already, be it not valid, would refuse users' changes of those rows."""
    apply(blank_database, BUSY, "ALTER TABLE public.t ADD n int")
    before = dump(sandbox_cluster, blank_database)
    with kind_on(blank_database, wanted) as kind, pytest.raises(ProviderError) as raised:
        kind._carry_out(kind.read(wanted.id, wanted), wanted)
    assert str(raised.value) == problem
    assert dump(sandbox_cluster, blank_database) == before


def test_rows_are_no_obstacle_while_their_column_is_not_there(blank_database: databases.Target) -> None:
    apply(blank_database, BUSY)
    wanted = Constraint(table="t", name="c", definition="CHECK ((missing > 5))")
    with kind_on(blank_database, wanted) as kind:
        assert kind.obstacle(None, wanted) is None
        assert kind.read(wanted.id, wanted) is None, "the snapshot is still there"


INDEX = Index(table="t", name="i", definition="btree (a)")


@pytest.fixture
def busy(blank_database: databases.Target) -> databases.Target:
    apply(blank_database, BUSY)
    return blank_database


@pytest.fixture
def slow(busy: databases.Target) -> Iterator[psycopg.Connection]:
    """Somebody's transaction that has written and does not end by itself."""
    with closing(psycopg.connect(busy.database_url)) as connection:
        connection.execute("UPDATE public.t SET p = p WHERE id = 1")
        yield connection


@contextmanager
def meanwhile(work: Callable[[], object]) -> Iterator[None]:
    """Does something beside the block, which ends when both have."""
    with ThreadPoolExecutor(1) as beside:
        done = beside.submit(work)
        yield
        done.result()


def wait_until(target: databases.Target, condition: LiteralString) -> None:
    with psycopg.connect(target.database_url, autocommit=True) as observer:
        while observer.execute(condition).fetchone() != (True,):
            pass


IS_WAITED_FOR: LiteralString = "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)"
IS_BEING_BUILT: LiteralString = (
    "SELECT EXISTS (SELECT FROM pg_stat_progress_create_index WHERE phase LIKE 'waiting%')"
)


def test_users_do_not_stand_behind_a_change_that_waits(
    busy: databases.Target, slow: psycopg.Connection
) -> None:
    with closing(psycopg.connect(busy.database_url, autocommit=True)) as user:
        user.execute("SET lock_timeout = '30s'")
        with meanwhile(lambda: carry_out(busy, NotNull(table="t", column="a"), anew=True)):
            wait_until(busy, IS_WAITED_FOR)
            assert user.execute("SELECT count(*) FROM public.t").fetchone() == (9,), (
                "while the other holds it"
            )
            slow.rollback()


def test_a_build_outlasts_the_short_wait_for_locks(
    busy: databases.Target, slow: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session_module, "LOCK_TIMEOUT", "1ms")
    with meanwhile(lambda: carry_out(busy, INDEX, anew=True)):
        wait_until(busy, IS_BEING_BUILT)
        with psycopg.connect(busy.database_url) as user:
            user.execute("UPDATE public.t SET a = a + 1 WHERE id = 2")
        slow.rollback()


def test_a_build_that_was_given_up_is_done_again(busy: databases.Target, slow: psycopg.Connection) -> None:
    with closing(psycopg.connect(busy.database_url, autocommit=True)) as other:
        other.execute("SET lock_timeout = '10ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            other.execute("CREATE INDEX CONCURRENTLY i ON public.t (a)")
    slow.rollback()
    with kind_on(busy, INDEX) as kind:
        live = kind.read(INDEX.id, INDEX)
        assert live is not None
        assert [tuple(difference) for difference in kind.diff(live, INDEX)] == [("valid", "delete")]
    carry_out(busy, INDEX, anew=True)


def test_a_build_that_still_runs_is_waited_for(
    busy: databases.Target, slow: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits = Event()
    monkeypatch.setattr(session_module, "progress", lambda _: waits.set())

    def build() -> None:
        with closing(psycopg.connect(busy.database_url, autocommit=True)) as other:
            other.execute("CREATE INDEX CONCURRENTLY i ON public.t (a)")

    file = "SELECT pg_relation_filenode('public.i')"
    with closing(psycopg.connect(busy.database_url, autocommit=True)) as observer:
        with meanwhile(build):
            wait_until(busy, IS_BEING_BUILT)
            before = observer.execute(file).fetchone()
            with meanwhile(lambda: carry_out(busy, INDEX, anew=True)):
                assert waits.wait(30)
                slow.rollback()
        assert observer.execute(file).fetchone() == before, "it was built once"


def test_what_another_put_under_the_name_is_not_taken_for_unfinished(busy: databases.Target) -> None:
    apply(busy, "ALTER TABLE public.t ADD CONSTRAINT c CHECK (a > 1) NOT VALID")
    wanted = Constraint(table="t", name="c", definition="CHECK ((a > 0))")
    with (
        kind_on(busy, wanted) as kind,
        pytest.raises(ProviderError, match="exists already and differs"),
    ):
        kind.create(wanted)
