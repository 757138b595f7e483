"""Every weakening of a hardened target shows in the access table, each by itself.

`weakenings.yaml` holds them by what they let happen; a new one is a new entry there.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import yaml

from components.callers import CALLERS
from components.permissions import rules
from provider.access.rules import Surprise, surprises
from provider.access.table import access_table
from sandbox.cluster import Cluster
from sandbox.databases import Target
from settings import LAST_PHASE
from tests.fix_sandbox import as_found
from tests.reached import reach, settings_of

WEAKENINGS: dict[str, str] = yaml.safe_load(Path(__file__).with_name("weakenings.yaml").read_text("utf-8"))
GOAL = settings_of(LAST_PHASE, "hardening")


@pytest.fixture(scope="module")
def hardened(sandbox_cluster: Cluster) -> Iterator[Target]:
    """Production at the goal, shared: each weakening is rolled back."""
    with as_found(sandbox_cluster, "production") as target:
        for phase in range(1, LAST_PHASE + 1):
            reach(target, settings_of(phase, "hardening"))
        yield target


def found(target: Target, *statements: str) -> list[Surprise]:
    """What is not as declared once the statements have run."""
    with psycopg.connect(target.database_url) as connection, connection.transaction(force_rollback=True):
        for statement in statements:
            connection.execute(statement.encode())
        return surprises(access_table(connection, CALLERS), rules(GOAL))


def test_without_one_nothing_is_found(hardened: Target) -> None:
    assert found(hardened) == []
    assert len(WEAKENINGS) >= 40


@pytest.mark.parametrize("weakening", WEAKENINGS)
def test_a_weakening_is_found(hardened: Target, weakening: str) -> None:
    told = found(hardened, WEAKENINGS[weakening])
    assert [surprise for surprise in told if surprise.found.startswith(("allowed", "stopped 0A000"))]
