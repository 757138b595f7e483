"""Objects declared absent."""

from __future__ import annotations

import pytest

from provider.errors import ProviderError
from provider.postgres.catalog import Catalog
from provider.postgres.retirement import RetirementKind
from provider.printed import Printed
from provider.registry import postgres_kinds
from provider.schema.postgres import Retirement
from tests.provider.conftest import RunSql

OLD_POLICY = "voip:postgres:Policy::public.profiles/old policy"
OLDER_POLICY = "voip:postgres:Policy::public.profiles/older"
GRANTS = "voip:postgres:Privileges::table public.profiles"
TABLE = "voip:postgres:Table::public.profiles"
NEVER = "voip:postgres:Table::public.never_there"


@pytest.fixture
def kind(catalog: Catalog, run_sql: RunSql) -> RetirementKind:
    run_sql("CREATE TABLE public.profiles (id int PRIMARY KEY)")
    run_sql('CREATE POLICY "old policy" ON public.profiles USING (true)')
    run_sql("CREATE POLICY older ON public.profiles USING (true)")
    kinds = postgres_kinds(catalog, Printed({}, "printed.json"))
    made = kinds[Retirement.token]
    assert isinstance(made, RetirementKind)
    return made


def policies(run_sql: RunSql) -> list[object]:
    return [name for (name,) in run_sql("SELECT polname FROM pg_policy ORDER BY 1")]


def test_what_is_still_there_differs(kind: RetirementKind) -> None:
    wanted = kind.check(Retirement(name="r", absent=[NEVER, OLD_POLICY, OLDER_POLICY]))
    assert [tuple(difference) for difference in kind.diff(wanted, wanted)] == [
        ("absent[1]", "delete"),
        ("absent[2]", "delete"),
    ]


def test_all_is_dropped_and_then_nothing_differs(kind: RetirementKind, run_sql: RunSql) -> None:
    wanted = Retirement(name="r", absent=[OLD_POLICY, OLDER_POLICY, NEVER])
    assert kind.create(wanted) == wanted
    assert policies(run_sql) == []
    assert kind.diff(wanted, wanted) == []
    assert kind.create(wanted) == wanted, "what is gone can be declared absent again"


def test_one_that_can_not_go_keeps_all_of_them(kind: RetirementKind, run_sql: RunSql) -> None:
    run_sql("CREATE VIEW public.seen AS SELECT id FROM public.profiles")
    wanted = Retirement(name="r", absent=[OLD_POLICY, OLDER_POLICY, TABLE])
    with pytest.raises(ProviderError, match=r"\(view public.seen depends on table public.profiles\)"):
        kind.update(wanted, wanted)
    assert policies(run_sql) == ["old policy", "older"]


def test_what_hangs_on_an_object_goes_before_it(kind: RetirementKind, run_sql: RunSql) -> None:
    key = "voip:postgres:Constraint::public.profiles/profiles_pkey"
    run_sql("CREATE TABLE public.child (id int CONSTRAINT fk REFERENCES public.profiles)")
    with pytest.raises(ProviderError, match="other objects depend on it"):
        kind.create(Retirement(name="r", absent=[key, "voip:postgres:Constraint::public.child/fk"]))
    kind.create(Retirement(name="r", absent=["voip:postgres:Constraint::public.child/fk", key]))
    assert run_sql("SELECT conname FROM pg_constraint WHERE conname IN ('fk', 'profiles_pkey')") == []


def test_grants_go_with_their_object(kind: RetirementKind, run_sql: RunSql) -> None:
    wanted = Retirement(name="r", absent=[GRANTS, TABLE])
    kind.create(wanted)
    assert run_sql("SELECT to_regclass('public.profiles')") == [(None,)]
    assert kind.diff(wanted, wanted) == []


def test_a_retirement_is_read_as_it_is_known(kind: RetirementKind) -> None:
    known = Retirement(name="r", absent=[OLD_POLICY])
    assert kind.read("r", known) == known
    assert kind.read("r", None) == Retirement(name="r", absent=[])


def test_to_delete_is_to_forget(kind: RetirementKind, run_sql: RunSql) -> None:
    kind.delete(Retirement(name="r", absent=[OLD_POLICY]), scratch=True)
    assert policies(run_sql) == ["old policy", "older"]
