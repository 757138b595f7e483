"""Who may do what in each phase is what is declared, and a phase changes what it declares to change."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import psycopg
import pytest

from components.callers import CALLERS
from components.declaration import key_of
from components.identity import RETIRED_POLICIES
from components.permissions import permissions, rules
from provider.access.rules import declared_outcome, meets, surprises, undeclared_changes
from provider.access.table import access_table, differences
from provider.schema.access import Table
from provider.schema.postgres import Retirement
from sandbox import databases
from settings import LAST_PHASE, Settings
from tests.reached import CONSENTS, make, reach, registered, settings_of

FLAGS = [(), ("hardening",)]
FLAG_NAMES = ["as staging", "hardened"]


def table_of(target: databases.Target) -> Table:
    with psycopg.connect(target.database_url) as connection:
        return access_table(connection, CALLERS)


def walked(target: databases.Target, *flags: str) -> Iterator[Table]:
    """The tables of all phases, from the one in which production was found."""
    yield table_of(target)
    for phase in range(1, LAST_PHASE + 1):
        reach(target, settings_of(phase, *flags))
        yield table_of(target)


@pytest.mark.parametrize("flags", FLAGS, ids=FLAG_NAMES)
def test_only_declared_cells_change_in_each_phase(
    production_copy: databases.Target, flags: tuple[str, ...]
) -> None:
    before: Table = {}
    before_rules = rules(settings_of(0, *flags))
    met: set[int] = set()
    for phase, table in enumerate(walked(production_copy, *flags)):
        now = rules(settings_of(phase, *flags))
        assert surprises(table, now) == []
        assert undeclared_changes(before, table, before_rules, now) == []
        met |= {
            index
            for index, permission in enumerate(permissions())
            if any(meets(permission.rule, cell) for cell in table)
        }
        before, before_rules = table, now
    if flags:
        assert met == set(range(len(permissions()))), "a rule meets no cell in any phase"


def test_staging_is_as_the_goal_without_hardening(staging_copy: databases.Target) -> None:
    assert surprises(table_of(staging_copy), rules(settings_of(LAST_PHASE, *CONSENTS))) == []


@pytest.mark.parametrize("flags", FLAGS, ids=FLAG_NAMES)
def test_each_retired_policy_changes_declared_cells_alone(
    production_copy: databases.Target, flags: tuple[str, ...]
) -> None:
    for phase in range(1, 4):
        reach(production_copy, settings_of(phase, *flags))
    after = settings_of(4, *flags)
    held, wanted = rules(settings_of(3, *flags)), rules(after)
    steps = [table_of(production_copy)]
    for shape in registered(after):
        if not isinstance(shape, Retirement):
            make(production_copy, shape)
    steps.append(table_of(production_copy))
    retired = [key for key in absent(after) if key in set(map(key_of, RETIRED_POLICIES))]
    assert len(retired) == 8
    for key in retired:
        make(production_copy, Retirement(name="one", absent=[key]))
        steps.append(table_of(production_copy))
    assert surprises(steps[-1], wanted) == []
    for before, step in pairwise(steps):
        for cell, was, _ in differences(before, step):
            declared = (declared_outcome(cell, held), declared_outcome(cell, wanted))
            assert was is None or declared[0] != declared[1], f"{cell} changes in between"
    # Each of a pair covers for the other, so that no more than one of both changes anything.
    assert 0 < sum(bool(differences(*pair)) for pair in pairwise(steps[1:])) <= 4


def absent(settings: Settings) -> list[str]:
    retirements = (shape for shape in registered(settings) if isinstance(shape, Retirement))
    return [key for retirement in retirements for key in retirement.absent]
