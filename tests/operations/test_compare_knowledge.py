"""Which phase closes a difference, and how."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from comparison.comparison import Closing
from comparison.rows import Row, Sign, kind_of
from operations.compare.knowledge import knowledge

PROFILES = "voip:postgres:Table::public.profiles"
ON_PURPOSE = Closing(None, "hardening makes it so, on purpose")
ALONE = Closing(None, "declared in no phase: left alone")


def row(key: str, sign: Sign, path: str = "", paths: Sequence[str] = ()) -> Row:
    plane, kind = kind_of(key)
    return Row(
        plane=plane,
        kind=kind,
        name=key.partition("::")[2],
        sign=sign,
        key=key,
        path=path,
        paths=list(paths),
    )


@pytest.mark.parametrize(
    ("difference", "closing"),
    [
        (row("voip:postgres:Table::public.enhanced_lerg", "missing"), Closing(2, "declared")),
        (row(PROFILES, "missing", "columns.email"), Closing(2, "declared")),
        (row(PROFILES, "different", "columns.role"), Closing(4, "declared")),
        (row(PROFILES, "extra", "columns.user_agent"), Closing(7, "with consent alone, as it holds data")),
        (row(PROFILES, "extra", "columns.by_hand"), ALONE),
        (row("voip:postgres:View::public.v", "missing"), ALONE),
        (
            row("voip:postgres:Constraint::public.profiles/profiles_pkey", "missing"),
            Closing(None, "declared as found, in every phase"),
        ),
        (row("voip:postgres:Function::public.guard_own_profile()", "extra"), ON_PURPOSE),
        (row("voip:postgres:Function::public.cleanup_stale_sessions()", "different"), ON_PURPOSE),
        (row("voip:postgres:Function::public.cleanup_stale_sessions()", "missing"), Closing(6, "declared")),
        (
            row("voip:supabase:Function::ping-status", "different", paths=["version"]),
            Closing(None, "nothing to close"),
        ),
        (row("voip:postgres:Migration::20250101000000", "missing"), Closing(None, "stays in the history")),
        (row("voip:postgres:Migration::20250628112353", "missing"), Closing(2, "declared, category A")),
    ],
)
def test_a_difference_is_closed_as_it_is_declared(difference: Row, closing: Closing) -> None:
    assert knowledge().closing(difference) == closing


def test_what_needs_another_is_told_with_it() -> None:
    table = "voip:postgres:Table::public.active_sessions"
    policy = "voip:postgres:Policy::public.active_sessions/Users can manage own sessions"
    [edge] = knowledge().edges([row(table, "missing"), row(policy, "missing")])
    assert (edge.before, edge.after) == (table, policy)
