"""An update to the next phase that was killed is healed by the next; `bench/phase_kills.py` kills many."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from bench.phase_kills import Bench, prepared
from sandbox.cluster import Cluster
from tests.witness import Witness

SEEDS = {"engine": 9003, "program": 9013, "provider": 9039}
"""Each kills that part of an update to phase 2, once it has begun to change things."""


@pytest.fixture(scope="module")
def bench(sandbox_cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with prepared(sandbox_cluster, tmp_path_factory.mktemp("kills"), last=2) as made:
        yield made


@pytest.mark.parametrize("victim", SEEDS)
def test_the_next_update_heals(bench: Bench, victim: str) -> None:
    trial = bench.trial(SEEDS[victim])
    assert (trial.phase, trial.victims, trial.meets) == (2, [victim], "the work")
    assert trial.faults == []
    assert trial.outcome in ("converged", "not killed")


def test_the_bench_sees_what_is_wrong(bench: Bench) -> None:
    production = bench.production
    production.put_back(2)
    witness = Witness(production.target)
    witness.write()
    with psycopg.connect(production.target.database_url, autocommit=True) as connection:
        connection.execute("DROP INDEX public.idx_active_sessions_user_id")
        connection.execute("UPDATE public.profiles SET subscription_status = 'lost'")
    changed, objects, rows = bench.wrong(2, witness)
    assert changed.startswith("a further preview has changes")
    assert "idx_active_sessions_user_id" in objects
    assert "subscription_status" in rows
