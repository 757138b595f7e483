"""What Supabase's tools would run again, by phase, and what they are told."""

from __future__ import annotations

import pytest

from operations.errors import OperationError
from operations.history import told
from settings import LAST_PHASE
from tests.operations.conftest import Production

RECORDED = "SELECT version, name FROM supabase_migrations.schema_migrations ORDER BY version"
LEDGER = 41
"""Those of the comparison's list, without the one that only a comment names."""


def said(production: Production, phase: int, *, record: bool) -> list[str]:
    with production.planes() as planes:
        return list(told(planes, phase, record=record))


def test_what_the_phases_stand_for_is_recorded_once(production: Production) -> None:
    before = production.run(RECORDED)
    assert len(before) == 19
    assert said(production, 0, record=True) == [f"{LEDGER} more stand for later phases."]

    lines = said(production, 2, record=False)
    assert lines[0] == "lacks  20250628112353 create_enhanced_lerg_table"
    assert lines[-1].startswith("`supabase db push` would run what lacks; add --record")
    assert "20250812033641" not in "\n".join(lines), "the tier system is skipped, and not yet done with"
    assert production.run(RECORDED) == before

    lines = said(production, 2, record=True)
    assert lines[0] == "recorded  20250628112353 create_enhanced_lerg_table"
    assert ("20250628112353", "create_enhanced_lerg_table") in production.run(RECORDED)
    assert [line for line in said(production, 2, record=False) if "lacks" in line] == []

    said(production, LAST_PHASE, record=True)
    assert said(production, LAST_PHASE, record=True) == [f"All {LEDGER} migrations are recorded."]
    after = production.run(RECORDED)
    assert len(after) == 19 + LEDGER
    assert set(before) < set(after)


def test_without_a_history_nothing_is_recorded(production: Production) -> None:
    production.run("DROP TABLE supabase_migrations.schema_migrations")
    with pytest.raises(OperationError, match=r"supabase_migrations\.schema_migrations is not there"):
        said(production, LAST_PHASE, record=True)
