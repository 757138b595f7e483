"""Statements as data, and as Postgres carries them out."""

from __future__ import annotations

import pytest
from psycopg import sql

from provider.notes import Note
from provider.postgres.catalog import Catalog
from provider.postgres.statement import (
    Lock,
    Statement,
    Transaction,
    Work,
    hazards,
    strongest,
    transactions,
)
from sandbox import databases
from sandbox.cluster import Cluster
from settings import LAST_PHASE
from tests.provider.cases import (
    Case,
    apply,
    create,
    delete,
    differences,
    load_cases,
    mend,
    printings,
)
from tests.provider.conftest import NewDatabase
from tests.provider.dumps import dump
from tests.provider.observed import Observation, observations
from tests.reached import CONSENTS, reach, settings_of

__all__ = ["observations"]


def statement(text: str, transaction: Transaction = Transaction.SHARED, **locks: Lock) -> Statement:
    return Statement(sql.SQL(text), locks, transaction=transaction)


def test_neighbours_share_a_transaction() -> None:
    a, b, d = statement("a"), statement("b"), statement("d")
    own, none = statement("own", Transaction.OWN), statement("none", Transaction.NONE)
    assert transactions([a, b, own, none, d, a]) == [[a, b], [own], [none], [d, a]]
    assert transactions([]) == []


def test_the_strongest_lock_counts() -> None:
    weak = statement("a", t=Lock.SHARE, u=Lock.EXCLUSIVE)
    strong = statement("b", t=Lock.ACCESS_EXCLUSIVE)
    assert strongest([weak, strong, weak]) == {"t": Lock.ACCESS_EXCLUSIVE, "u": Lock.EXCLUSIVE}
    assert str(Lock.SHARE_ROW_EXCLUSIVE) == "SHARE ROW EXCLUSIVE"


def test_what_users_notice_is_told_once_for_each_table() -> None:
    statements = [
        statement("weak", t=Lock.SHARE_UPDATE_EXCLUSIVE),
        statement("strong", t=Lock.ACCESS_EXCLUSIVE, empty=Lock.ACCESS_EXCLUSIVE),
        statement("again", t=Lock.SHARE),
        Statement(sql.SQL("slow"), {"u": Lock.SHARE}, Work.SCAN),
        Statement(sql.SQL("slower"), {"v": Lock.ACCESS_EXCLUSIVE}, Work.REWRITE),
        Statement(sql.SQL("beside"), {"w": Lock.SHARE_UPDATE_EXCLUSIVE}, Work.SCAN),
        Statement(sql.SQL("gone"), {"t": Lock.ACCESS_EXCLUSIVE}, loses="the column c of t"),
        Statement(sql.SQL("empty"), {"empty": Lock.ACCESS_EXCLUSIVE}, loses="empty"),
    ]
    assert list(hazards(statements, lambda relation: relation != "empty")) == [
        Note("takes away the column c of t with all that it holds", warning=True),
        Note("ACCESS EXCLUSIVE on t for a moment; gives way to users and tries again"),
        Note("SHARE on u while it reads every row; users wait", warning=True),
        Note("ACCESS EXCLUSIVE on v while it writes every row; users wait", warning=True),
    ]


@pytest.mark.parametrize("busy", [False, True], ids=["empty", "busy"])
@pytest.mark.parametrize("case", load_cases(with_file="declared.yaml"), ids=str)
def test_what_a_case_does_is_what_its_statements_declare(
    case: Case,
    busy: bool,
    sandbox_cluster: Cluster,
    new_database: NewDatabase,
    observations: list[Observation],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    printed = printings(case, new_database)
    # Postgres builds no index concurrently on a partitioned table, as the one of this name is.
    monkeypatch.setattr(Catalog, "occupied", lambda _, relation: busy and relation != "public.p")
    with new_database() as made:
        apply(made, case.before)
        create(made, printed, case.declared)
        wanted = dump(sandbox_cluster, made)
        if case.changed:
            apply(made, case.changed)
            mend(made, printed, case.declared)
            assert differences(made, printed, case.declared) == {}, "what was mended differs"
            assert dump(sandbox_cluster, made) == wanted
        delete(made, printed, case.declared)
    assert_as_declared(observations)


@pytest.mark.parametrize("flags", [(), ("hardening",)], ids=["as staging", "hardened"])
def test_what_the_phases_do_and_undo_is_what_their_statements_declare(
    production_copy: databases.Target, observations: list[Observation], flags: tuple[str, ...]
) -> None:
    for phase in (*range(1, LAST_PHASE + 1), *reversed(range(LAST_PHASE))):
        reach(production_copy, settings_of(phase, *CONSENTS, *flags))
    assert len(observations) > 50
    assert_as_declared(observations)


def assert_as_declared(observations: list[Observation]) -> None:
    assert [str(seen) for seen in observations if not seen.is_as_declared] == []
