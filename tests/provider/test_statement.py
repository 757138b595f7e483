"""Statements as data, and as Postgres carries them out."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from psycopg import sql

from components.domain import retired
from components.rollout import DOMAINS
from operations.printed import FILE
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
from provider.printed import Printed
from provider.schema.postgres import Backfill
from provider.schema.shape import Shape
from sandbox import databases
from sandbox.cluster import Cluster
from settings import LAST_PHASE, PROJECT, Settings, load_settings
from tests.provider.cases import (
    Case,
    apply,
    create,
    delete,
    differences,
    kinds_on,
    load_cases,
    mend,
    printings,
)
from tests.provider.conftest import NewDatabase
from tests.provider.dumps import dump
from tests.provider.observed import Observation, observations

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


def test_what_the_phases_do_is_what_their_statements_declare(
    production_copy: databases.Target, observations: list[Observation]
) -> None:
    config = {"voip:environment": "scratch"}
    config |= {f"{PROJECT}:{consent}": "true" for consent in ("dropLegacyLerg", "dropProfileColumns")}
    for phase in range(1, LAST_PHASE + 1):
        settings = load_settings({**config, f"{PROJECT}:phase": str(phase)})
        reach(production_copy, settings)
    assert len(observations) > 50
    assert_as_declared(observations)


def reach(target: databases.Target, settings: Settings) -> None:
    with kinds_on(target, Printed.load(FILE)) as kinds:
        for shape in registered(settings):
            kind = kinds[shape.token]
            wanted = kind.check(shape)
            live = None if isinstance(shape, Backfill) else kind.read(wanted.id, wanted)
            if live is None:
                kind.create(wanted)
            elif kind.diff(live, wanted):
                kind.update(live, wanted)


def registered(settings: Settings) -> Iterator[Shape]:
    """All that the program registers at a phase, in its order."""
    for domain in DOMAINS:
        declarations = domain.declarations(settings)
        yield from (shape for declaration in declarations if (shape := declaration.at(settings.phase)))
        if retirement := retired(domain.name, declarations, settings.phase):
            yield retirement


def assert_as_declared(observations: list[Observation]) -> None:
    assert [str(seen) for seen in observations if not seen.is_as_declared] == []
