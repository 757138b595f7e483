"""Each phase forward, back and forward again, with users writing at every stop.

The schema is told by pg_dump and the rows by themselves, and both are held against a copy of production that
went straight ahead. `bench/walk.py` goes the same way by whole commands.
"""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from sandbox.cluster import Cluster
from sandbox.databases import Target
from settings import LAST_PHASE
from tests.fix_sandbox import as_found
from tests.reached import CONSENTS, reach, settings_of
from tests.witness import Witness, assert_back, objects


def settings(phase: int) -> Any:
    return settings_of(phase, "hardening", *CONSENTS)


def test_every_phase_can_be_gone_back_from(sandbox_cluster: Cluster, production_copy: Target) -> None:
    witness = Witness(production_copy)
    witness.write()
    with as_found(sandbox_cluster, "production") as straight:
        before = objects(sandbox_cluster, straight)
        for phase in range(1, LAST_PHASE + 1):
            reach(straight, settings(phase))
            wanted = objects(sandbox_cluster, straight)
            for to in (phase, phase - 1, phase):
                stop = f"to {to}, by way of {phase}"
                reach(production_copy, settings(to))
                witness.compare(stop)
                found = objects(sandbox_cluster, production_copy)
                if to == phase:
                    assert found == wanted, stop
                else:
                    assert_back(found, before, stop)
                witness.write()
            before = wanted


def test_the_witness_sees_what_is_lost(production_copy: Target) -> None:
    witness = Witness(production_copy)
    witness.write()
    witness.compare("at once")
    with psycopg.connect(production_copy.database_url) as connection:
        connection.execute("UPDATE public.profiles SET subscription_status = 'lost'")
    with pytest.raises(AssertionError, match=r"after a change: public\.profiles .*subscription_status"):
        witness.compare("after a change")


def test_the_observer_sees_every_object(sandbox_cluster: Cluster, production_copy: Target) -> None:
    before = objects(sandbox_cluster, production_copy)
    assert len(before) > 60
    with psycopg.connect(production_copy.database_url) as connection:
        connection.execute("ALTER TABLE public.profiles ALTER COLUMN role SET DEFAULT 'user'")
    with pytest.raises(AssertionError, match="profiles; Type: TABLE"):
        assert_back(objects(sandbox_cluster, production_copy), before, "after a change")
