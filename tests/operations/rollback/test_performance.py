"""Queries are slow: an index is lost and rows are dead, both are seen, and gone."""

from __future__ import annotations

import psycopg

from operations.rollback.performance import mended, report
from tests.operations.conftest import Production
from tests.reached import settings_of

SETTINGS = settings_of(4, "hardening")


def plan(production: Production) -> str:
    """How administrators are found, where a table this small is not simply read as a whole."""
    with psycopg.connect(production.target.database_url) as connection:
        connection.execute("SET enable_seqscan = off")
        rows = connection.execute("EXPLAIN SELECT id FROM public.profiles WHERE role = 'admin'").fetchall()
    return "\n".join(line for (line,) in rows)


def told(production: Production) -> list[str]:
    with production.planes() as planes:
        return report(planes, SETTINGS).splitlines()


def test_indexes_and_statistics_are_there_again(production: Production) -> None:
    production.reach(2, 3, 4)
    assert "Every declared index is there and valid." in told(production)
    production.run("DROP INDEX public.idx_profiles_role")
    production.run("DELETE FROM public.enhanced_lerg WHERE npa > '300'; ANALYZE public.enhanced_lerg")
    assert "idx_profiles_role" not in plan(production)
    lines = told(production)
    assert lines[0] == "Lacks Index::public.idx_profiles_role"

    with production.planes() as planes:
        said = mended(planes, SETTINGS)
    assert said == (
        "Brought back Index::public.idx_profiles_role\n"
        "Vacuumed and analyzed active_sessions, enhanced_lerg, lerg_codes, profiles."
    )
    assert "idx_profiles_role" in plan(production)
    assert "Every declared index is there and valid." in told(production)
    visible = "SELECT relpages = relallvisible FROM pg_class WHERE oid = 'public.enhanced_lerg'::regclass"
    assert production.run(visible) == [(True,)]
