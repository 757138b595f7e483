"""Gates on a real database: what they try, what they leave, and when they run again."""

from __future__ import annotations

import json

import msgspec
import pytest

from provider.errors import ProviderError
from provider.gates.gate import GateKind
from provider.postgres import own
from provider.postgres.catalog import Catalog
from provider.registry import rollout_kinds
from provider.schema.rollout import Check, Gate, Step
from provider.stripe.account import Account
from tests.provider.conftest import MakeTarget, RunSql

TABLE = "voip:postgres:Table::public.notes"
POLICY = "voip:postgres:Policy::public.notes/own"
ROWS = "voip:postgres:Rows::public.notes"
NEVER = "voip:postgres:Table::public.never_there"

ANN = "00000000-0000-4000-8000-00000000000a"
CLAIMS = json.dumps({"sub": ANN, "role": "authenticated"})


def gate(*steps: Step, **replaced: object) -> Gate:
    check = Check(id="1.notes", item="Notes are safe", section="12", steps=list(steps))
    subject = {TABLE: "a", POLICY: "b", ROWS: "c", NEVER: "absent"}
    wanted = Gate(name="phase 1", level=1, passage=1, checks=[check], subject=subject, back="pulumi up")
    return msgspec.structs.replace(wanted, **replaced)


@pytest.fixture
def kind(catalog: Catalog, target: MakeTarget, run_sql: RunSql) -> GateKind:
    run_sql("CREATE TABLE public.notes (id int PRIMARY KEY, owner uuid, CHECK (id > 0))")
    run_sql("ALTER TABLE public.notes ENABLE ROW LEVEL SECURITY")
    run_sql("CREATE POLICY own ON public.notes USING (owner = auth.uid())")
    run_sql("GRANT ALL ON public.notes TO anon, authenticated, service_role")
    run_sql("INSERT INTO public.notes VALUES (1, '00000000-0000-4000-8000-00000000000a'), (2, NULL)")
    made = rollout_kinds(catalog, Account(target(), lambda: None), target())[Gate.token]
    assert isinstance(made, GateKind)
    return made


@pytest.mark.parametrize(
    "step",
    [
        Step(sql="SELECT id FROM notes ORDER BY id", rows=[[1], [2]]),
        Step(sql="SELECT id FROM notes", role="authenticated", claims=CLAIMS, rows=[[1]]),
        Step(sql="SELECT count(*) FROM notes", role="anon", rows=[[0]]),
        Step(sql="SELECT count(*) FROM notes", role="service_role", rows=[[2]]),
        Step(sql="SELECT owner, owner IS NULL FROM notes WHERE id = 1", rows=[[ANN, False]]),
        Step(sql="INSERT INTO notes VALUES (3)", changes=1),
        Step(sql="INSERT INTO notes VALUES (0)", refused="23514"),
        Step(sql="INSERT INTO notes VALUES (3)", role="anon", refused="42501"),
        Step(sql="SELECT FROM notes WHERE id = 1", uses="notes_pkey"),
        Step(sql="SELECT 1"),
    ],
)
def test_what_comes_as_expected_passes_and_leaves_nothing(
    kind: GateKind, catalog: Catalog, run_sql: RunSql, step: Step
) -> None:
    kind.create(gate(step))
    assert run_sql("SELECT id FROM public.notes ORDER BY id") == [(1,), (2,)]
    assert own.passages(catalog.session) == (1, 1)


@pytest.mark.parametrize(
    ("step", "told"),
    [
        (Step(sql="SELECT id FROM notes ORDER BY 1", rows=[[1]]), "saw 1; 2, wanted 1"),
        (Step(sql="SELECT id FROM notes WHERE false", rows=[[1]]), "saw no row, wanted 1"),
        (
            Step(sql="SELECT generate_series(1, 7)", rows=[]),
            "saw 1; 2; 3; 4; 5; and 2 more rows, wanted no row",
        ),
        (Step(sql="DELETE FROM notes", changes=1), "saw 2 rows touched, wanted 1"),
        (
            Step(sql="INSERT INTO notes VALUES (3)", refused="23514"),
            "it was let through, wanted SQLSTATE 23514",
        ),
        (
            Step(sql="INSERT INTO notes VALUES (1)", refused="23514"),
            'saw 23505 duplicate key value violates unique constraint "notes_pkey", wanted SQLSTATE 23514',
        ),
        (Step(sql="SELECT nothing"), 'saw 42703 column "nothing" does not exist, wanted no refusal'),
        (
            Step(sql="SELECT FROM notes WHERE owner IS NULL", uses="notes_owner"),
            "saw no index used, wanted notes_owner",
        ),
    ],
)
def test_what_comes_otherwise_is_told_and_nothing_is_recorded(
    kind: GateKind, catalog: Catalog, run_sql: RunSql, step: Step, told: str
) -> None:
    with pytest.raises(ProviderError) as raised:
        kind.create(gate(step))
    first, item, back = str(raised.value).splitlines()
    assert first == "phase 1 is not complete, 1 of 1 items failed:"
    assert item == f"  1.notes (section 12) Notes are safe: {told} ({step.sql})"
    assert back == "correct it and run the same command again, or go back with `pulumi up`"
    assert run_sql("SELECT count(*) FROM public.notes") == [(2,)]
    assert own.passages(catalog.session) == (0, None)


def test_steps_of_a_check_see_each_other_and_checks_do_not(kind: GateKind) -> None:
    steps = [
        Step(sql="DELETE FROM notes WHERE id = 1", changes=1),
        Step(sql="DELETE FROM notes WHERE id = 1", changes=0),
    ]
    first = Check(id="1.a", item="a", section="1", steps=steps)
    kind.create(gate(checks=[first, msgspec.structs.replace(first, id="1.b")]))


def test_all_that_fails_is_told_together(kind: GateKind) -> None:
    failing = Check(id="1.a", item="a", section="1", steps=[Step(sql="SELECT 1", rows=[])])
    asked = Check(id="1.b", item="b", section="1", kind="person", ask="pulumi config set …")
    told = Check(id="1.c", item="c", section="1", kind="person", confirmed="Ann, 2025-11-02")
    with pytest.raises(ProviderError, match=r"2 of 3 items failed:\n  1\.a .*\n  1\.b .*: nobody has told"):
        kind.create(gate(checks=[failing, asked, told]))


def test_passages_are_a_history(kind: GateKind, catalog: Catalog, run_sql: RunSql) -> None:
    kind.create(gate())
    kind.create(gate(name="phase 2", level=2, passage=2))
    kind.update(gate(), gate(passage=3))
    kind.create(gate(passage=None))
    assert own.passages(catalog.session) == (3, 1)
    assert run_sql("SELECT gate, level FROM voip_infra.rollout_passages ORDER BY id") == [
        ("phase 1", 1),
        ("phase 2", 2),
        ("phase 1", 1),
    ]


@pytest.mark.parametrize("role", ["anon", "authenticated", "service_role"])
def test_no_role_of_the_api_reaches_the_history(kind: GateKind, role: str) -> None:
    kind.create(gate())
    for sql in ("SELECT FROM voip_infra.rollout_passages", "CREATE TABLE voip_infra.t ()"):
        kind.create(gate(Step(sql=sql, role=role, refused="42501"), passage=None))


def paths(kind: GateKind, live: Gate, wanted: Gate) -> list[str]:
    return [difference.path for difference in kind.diff(live, wanted)]


def refreshed(kind: GateKind, live: Gate) -> Gate:
    return kind.read(live.id, live)


def test_a_gate_that_has_passed_is_silent(kind: GateKind) -> None:
    passed = kind.create(gate())
    assert refreshed(kind, passed) == passed
    assert paths(kind, passed, gate()) == []
    assert paths(kind, passed, gate(passage=None)) == []


def test_a_move_makes_it_run(kind: GateKind) -> None:
    passed = kind.create(gate())
    assert paths(kind, passed, gate(passage=2)) == ["passage"]


def test_what_is_declared_otherwise_makes_it_run(kind: GateKind) -> None:
    passed = kind.create(gate())
    changed = gate(Step(sql="SELECT 1"), subject={**gate().subject, POLICY: "other"})
    assert paths(kind, passed, changed) == [
        'checks["1.notes"].steps',
        f'subject["{POLICY}"]',
    ]
    assert paths(kind, passed, gate(back="another command")) == []


@pytest.mark.parametrize(
    ("statement", "part"),
    [
        ("ALTER POLICY own ON public.notes USING (true)", POLICY),
        ("DROP POLICY own ON public.notes", POLICY),
        ("ALTER TABLE public.notes ALTER owner SET DEFAULT gen_random_uuid()", f"{TABLE}#columns.owner"),
        ("ALTER TABLE public.notes DROP owner CASCADE", f"{TABLE}#columns.owner"),
        ("ALTER TABLE public.notes DISABLE ROW LEVEL SECURITY", TABLE),
        ("DELETE FROM public.notes WHERE id = 2", f"{ROWS}#2"),
        ("UPDATE public.notes SET owner = gen_random_uuid() WHERE id = 1", f"{ROWS}#1"),
        ("CREATE TABLE public.never_there ()", NEVER),
    ],
)
def test_what_is_changed_by_hand_makes_it_run_until_it_has(
    kind: GateKind, run_sql: RunSql, statement: str, part: str
) -> None:
    passed = kind.create(gate())
    run_sql(statement)
    drifted = refreshed(kind, passed)
    assert f'seen["{part}"]' in paths(kind, drifted, gate())

    # Mended, and killed before the gate could run: the state still tells.
    again = refreshed(kind, msgspec.structs.replace(drifted, seen={part: "changed"}))
    assert paths(kind, again, gate()) == [f'seen["{part}"]']
    assert paths(kind, kind.update(again, gate()), gate()) == []


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE public.notes ADD COLUMN theirs text",
        "INSERT INTO public.notes VALUES (3)",
        "CREATE POLICY another ON public.notes USING (false)",
    ],
)
def test_what_others_add_is_no_change(kind: GateKind, run_sql: RunSql, statement: str) -> None:
    passed = kind.create(gate(subject={TABLE: "a", POLICY: "b"}))
    run_sql(statement)
    assert refreshed(kind, passed) == passed


def test_one_that_was_imported_counts_as_passed(kind: GateKind) -> None:
    imported = kind.read("phase 1", None)
    assert imported == Gate(name="phase 1")
    assert paths(kind, imported, gate(passage=None)) == []
    assert paths(kind, imported, gate(passage=1)) == ["passage"]


def test_to_delete_is_to_forget(kind: GateKind, catalog: Catalog) -> None:
    kind.delete(kind.create(gate()), scratch=True)
    assert own.passages(catalog.session) == (1, 1)
