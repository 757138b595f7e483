"""The views of monitoring: where a stack asks for them, for the service role, and as health asks."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from psycopg import sql

from components.monitoring import VIEWS
from operations.criteria import criteria
from sandbox.databases import Target
from tests.reached import reach, settings_of


def ask(target: Target, query: sql.SQL | sql.Composed, role: str = "postgres") -> list[tuple[Any, ...]]:
    with psycopg.connect(target.database_url) as connection:
        connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(role)))
        return connection.execute(query).fetchall()


def rows(target: Target, name: str, role: str = "service_role") -> list[tuple[Any, ...]]:
    view = sql.Identifier("public", f"monitoring_{name}")
    return ask(target, sql.SQL("SELECT * FROM {}").format(view), role)


def views(target: Target) -> set[str]:
    query = sql.SQL("SELECT viewname FROM pg_views WHERE schemaname = 'public'")
    return {name for (name,) in ask(target, query)}


@pytest.fixture
def watched(production_copy: Target) -> Target:
    """Production at the goal, with the views."""
    for phase in (7, 8):
        reach(production_copy, settings_of(phase, "hardening", "monitoring"))
    return production_copy


def test_they_are_there_where_the_config_asks_for_them(watched: Target) -> None:
    assert views(watched) == {f"monitoring_{name}" for name in VIEWS}
    reach(watched, settings_of(8, "hardening"))
    assert views(watched) == set()


def test_they_tell_what_there_is(watched: Target) -> None:
    with psycopg.connect(watched.database_url) as connection:
        connection.execute(
            "INSERT INTO public.active_sessions (user_id, session_token, last_heartbeat) "
            "SELECT id, 'token ' || id, now() - interval '1 day' FROM public.profiles ORDER BY id LIMIT 3"
        )
        connection.execute("UPDATE public.profiles SET total_uploads = 2")
    assert sum(codes for _, _, codes, _ in rows(watched, "area_codes")) == 450
    assert rows(watched, "sessions")[0][:3] == (0, 0, 3)
    assert sum(sign_ups for _, sign_ups, _ in rows(watched, "sign_ups")) == 14
    assert sum(users for _, users, _ in rows(watched, "subscriptions")) == 14
    assert rows(watched, "uploads") == [(14, 28, 2)]


@pytest.mark.parametrize("role", ["anon", "authenticated"])
def test_no_user_reads_them(watched: Target, role: str) -> None:
    for name in VIEWS:
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="permission denied for view"):
            rows(watched, name, role)


def test_health_asks_what_they_ask() -> None:
    asked = {criterion.of for criterion in criteria() if criterion.of}
    assert asked == VIEWS.keys() - {"sign_ups"}
