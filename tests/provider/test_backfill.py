"""Data steps that are done once."""

from __future__ import annotations

import msgspec
import pytest

from provider.errors import ProviderError
from provider.notes import Note
from provider.postgres import backfill as module
from provider.postgres.backfill import BackfillKind
from provider.postgres.catalog import Catalog
from provider.postgres.session import Session
from provider.schema.postgres import Backfill
from tests.provider.conftest import RunSql

FILL = Backfill(
    name="profiles.role", table="profiles", column="role", value="'user'", where="filled.role IS NULL"
)
EMAIL = Backfill(
    name="profiles.email",
    table="profiles",
    column="email",
    value="source.email",
    where="filled.email IS DISTINCT FROM source.email",
    source="public.accounts",
)


@pytest.fixture
def kind(catalog: Catalog, run_sql: RunSql, monkeypatch: pytest.MonkeyPatch) -> BackfillKind:
    """On six profiles, with batches of two and nobody to wait for."""
    run_sql("CREATE TABLE public.profiles (id int PRIMARY KEY, role text, email text)")
    run_sql("CREATE TABLE public.accounts (id int PRIMARY KEY, email text)")
    run_sql(
        "INSERT INTO public.profiles SELECT n, CASE WHEN n = 4 THEN 'admin' END FROM generate_series(1, 6) n"
    )
    run_sql("INSERT INTO public.accounts SELECT n, n || '@example.com' FROM generate_series(2, 9) n")
    monkeypatch.setattr(module, "BATCH", 2)
    monkeypatch.setattr(Session, "pause", lambda *_: None)
    return BackfillKind(catalog)


def replaced(**fields: str) -> Backfill:
    return msgspec.structs.replace(FILL, **fields)


def test_batches_run_until_nothing_is_left(kind: BackfillKind, run_sql: RunSql) -> None:
    assert kind.create(FILL) == FILL
    assert run_sql("SELECT role FROM public.profiles ORDER BY id") == [
        ("user",), ("user",), ("user",), ("admin",), ("user",), ("user",),
    ]  # fmt: skip
    assert run_sql("SELECT count(DISTINCT xmin::text) FROM public.profiles WHERE role = 'user'") == [(3,)], (
        "one transaction for each batch"
    )


def test_a_pause_follows_each_batch_but_the_last(kind: BackfillKind, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(Session, "pause", lambda _, seconds: pauses.append(seconds))
    kind.create(FILL)
    assert len(pauses) == 3
    assert all(pause > 0 for pause in pauses)


def test_values_come_from_the_row_of_the_same_key(kind: BackfillKind, run_sql: RunSql) -> None:
    run_sql("UPDATE public.profiles SET email = 'old' WHERE id IN (1, 2)")
    kind.create(EMAIL)
    assert run_sql("SELECT id, email FROM public.profiles ORDER BY id") == [
        (1, "old"), (2, "2@example.com"), (3, "3@example.com"), (4, "4@example.com"),
        (5, "5@example.com"), (6, "6@example.com"),
    ]  # fmt: skip


def test_keys_of_any_type_lead_through_the_table(kind: BackfillKind, run_sql: RunSql) -> None:
    run_sql("ALTER TABLE public.profiles ADD u uuid UNIQUE DEFAULT gen_random_uuid(), ADD t text UNIQUE")
    run_sql("UPDATE public.profiles SET t = 'it''s ' || id")
    for key in ("u", "t"):
        run_sql("UPDATE public.profiles SET role = NULL WHERE role = 'user'")
        kind.create(replaced(key=key))
        assert run_sql("SELECT count(*) FROM public.profiles WHERE role = 'user'") == [(5,)]


def test_it_can_be_run_again(kind: BackfillKind, run_sql: RunSql) -> None:
    kind.create(FILL)
    run_sql("UPDATE public.profiles SET role = NULL WHERE id = 1")
    kind.create(FILL)
    assert run_sql("SELECT count(*) FROM public.profiles WHERE role IS NULL") == [(0,)]


def test_rows_that_need_it_meanwhile_are_filled_too(
    kind: BackfillKind, run_sql: RunSql, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = iter([lambda: run_sql("INSERT INTO public.profiles VALUES (0)")])
    monkeypatch.setattr(Session, "pause", lambda *_: next(late, list)())
    kind.create(FILL)
    assert run_sql("SELECT count(*) FROM public.profiles WHERE role = 'user'") == [(6,)]


def test_a_pass_that_changes_nothing_ends_it(kind: BackfillKind) -> None:
    with pytest.raises(ProviderError) as raised:
        kind.create(replaced(value="NULL"))
    assert str(raised.value) == (
        "the backfill profiles.role left 5 rows undone; look at them with "
        '`SELECT filled.* FROM "public"."profiles" AS filled WHERE (filled.role IS NULL) AND true`'
    )


def test_a_percent_sign_stands_for_itself(kind: BackfillKind, run_sql: RunSql) -> None:
    kind.create(replaced(value="'100%s'", where="filled.role NOT LIKE '%s' OR filled.role IS NULL"))
    assert run_sql("SELECT DISTINCT role FROM public.profiles") == [("100%s",)]


def test_a_refused_statement_tells_why(kind: BackfillKind) -> None:
    with pytest.raises(ProviderError, match=r'relation "public\.nowhere" does not exist'):
        kind.create(replaced(table="nowhere"))


def test_a_preview_tells_what_there_is_to_do(kind: BackfillKind) -> None:
    assert kind.notes(FILL) == [Note("fills 5 rows, 2 at a time")]
    (statement,) = kind.plan(FILL)
    assert " ".join(statement.text.as_string().split()) == (
        """UPDATE "public"."profiles" AS filled SET "role" = 'user' """
        "WHERE (filled.role IS NULL) AND true AND true"
    )
    kind.create(FILL)
    assert kind.notes(FILL) == []
    assert kind.plan(FILL) == []


def test_a_preview_may_come_before_the_column(kind: BackfillKind) -> None:
    not_yet = replaced(column="later", where="filled.later IS NULL")
    assert kind.notes(not_yet) == []
    assert len(kind.plan(not_yet)) == 1


def test_what_was_done_once_is_done(kind: BackfillKind) -> None:
    assert kind.diff(FILL, replaced(value="'other'")) == []
    assert kind.read(FILL.id, FILL) == FILL
    assert kind.read("imported", None).id == "imported"
    assert kind.update(FILL, FILL) == FILL
    kind.delete(FILL, scratch=True)
