"""Data steps that are done once."""

from __future__ import annotations

import pytest

from provider.errors import ProviderError
from provider.postgres.backfill import BackfillKind
from provider.postgres.catalog import Catalog
from provider.schema.postgres import Backfill
from tests.provider.conftest import RunSql

FILL = Backfill(
    name="profiles.role",
    statement=(
        "UPDATE public.profiles SET role = 'user', by = txid_current() "
        "WHERE id IN (SELECT id FROM public.profiles WHERE role IS NULL ORDER BY id LIMIT 2)"
    ),
    remaining="SELECT count(*) FROM public.profiles WHERE role IS NULL",
)


@pytest.fixture
def kind(catalog: Catalog, run_sql: RunSql) -> BackfillKind:
    run_sql("CREATE TABLE public.profiles (id int PRIMARY KEY, role text, by bigint)")
    run_sql(
        "INSERT INTO public.profiles SELECT n, CASE WHEN n = 4 THEN 'admin' END FROM generate_series(1, 6) n"
    )
    return BackfillKind(catalog)


def replaced(statement: str = FILL.statement, remaining: str = FILL.remaining) -> Backfill:
    return Backfill(name=FILL.name, statement=statement, remaining=remaining)


def test_batches_run_until_nothing_is_left(kind: BackfillKind, run_sql: RunSql) -> None:
    assert kind.create(FILL) == FILL
    assert run_sql("SELECT role FROM public.profiles ORDER BY id") == [
        ("user",), ("user",), ("user",), ("admin",), ("user",), ("user",),
    ]  # fmt: skip
    assert run_sql("SELECT count(DISTINCT by) FROM public.profiles") == [(3,)], (
        "one transaction for each batch"
    )


def test_it_can_be_run_again(kind: BackfillKind, run_sql: RunSql) -> None:
    kind.create(FILL)
    run_sql("UPDATE public.profiles SET role = NULL WHERE id = 1")
    kind.create(FILL)
    assert run_sql("SELECT count(*) FROM public.profiles WHERE role IS NULL") == [(0,)]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE public.profiles SET role = 'user' WHERE id = 1",
        "UPDATE public.profiles SET by = 0",
        "SELECT 1",
    ],
)
def test_a_batch_that_does_nothing_ends_it(kind: BackfillKind, statement: str) -> None:
    with pytest.raises(ProviderError) as raised:
        kind.create(replaced(statement=statement))
    left = 4 if "role" in statement else 5
    assert str(raised.value) == (
        f"the backfill profiles.role left {left} rows undone; look at them with the query {FILL.remaining}"
    )


@pytest.mark.parametrize(
    ("remaining", "count"), [("SELECT id FROM public.profiles", 6), ("SELECT 1, 2", 1), ("SELECT 'x'", 1)]
)
def test_what_remains_must_be_one_number(kind: BackfillKind, remaining: str, count: int) -> None:
    with pytest.raises(
        ProviderError, match=f"gives {count} rows that are not one number; correct it: SELECT"
    ):
        kind.create(replaced(remaining=remaining))


def test_a_percent_sign_stands_for_itself(kind: BackfillKind) -> None:
    kind.create(
        replaced(
            "UPDATE public.profiles SET role = '100%s' WHERE role IS NULL",
            "SELECT count(*) FROM public.profiles WHERE role NOT LIKE '%s' AND role <> 'admin'",
        )
    )


def test_a_refused_statement_tells_why(kind: BackfillKind) -> None:
    with pytest.raises(ProviderError, match=r'relation "public\.nowhere" does not exist'):
        kind.create(replaced("UPDATE public.nowhere SET a = 1"))


def test_what_was_done_once_is_done(kind: BackfillKind) -> None:
    assert kind.diff(FILL, replaced("UPDATE public.profiles SET role = 'other'")) == []
    assert kind.read(FILL.id, FILL) == FILL
    assert kind.read("imported", None).id == "imported"
    assert kind.update(FILL, FILL) == FILL
    kind.delete(FILL, scratch=True)
