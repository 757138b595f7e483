"""A target that is well, and each way in which it is not: made, seen, and nothing else seen."""

from __future__ import annotations

import time

import pytest
from psycopg import sql

from operations.criteria import criteria
from operations.health import Result, State, found, stripe_results
from provider.errors import ProviderError
from provider.stripe.account import Account as Books
from sandbox.databases import Target as Database
from settings import LAST_PHASE
from tests.billing.histories import paying
from tests.fix_stripe import Account
from tests.operations.conftest import Production
from tests.operations.test_payments import account, books
from tests.reached import settings_of

__all__ = ["account", "books"]


WRONG = {
    "drift": ("DROP INDEX public.idx_profiles_role", "- missing Index public.idx_profiles_role"),
    "sign-ups": (
        "DELETE FROM public.profiles WHERE id = (SELECT id FROM auth.users ORDER BY id LIMIT 1)",
        "has no profile",
    ),
    "trials": (
        "UPDATE public.profiles SET plan_expires_at = NULL, subscription_status = 'trial' "
        "WHERE id = (SELECT id FROM auth.users ORDER BY id LIMIT 1 OFFSET 1)",
        "is in trial without an end",
    ),
    "first-sign-ups": (
        "INSERT INTO auth.users (id, created_at) "
        "VALUES ('ffffffff-0000-4000-8000-000000000000', now() + interval '1 day')",
        "and has time until",
    ),
    "triggers": (
        "CREATE TRIGGER another AFTER INSERT ON auth.users FOR EACH ROW "
        "EXECUTE FUNCTION public.handle_new_user_trial()",
        "another, on_auth_user_created all follow a sign-up",
    ),
    "policies": (
        "CREATE POLICY again ON public.profiles FOR SELECT TO anon USING (auth.uid() = id OR auth.role() = "
        "'service_role')",
        "again, simple_select_policy say the same of public.profiles",
    ),
    "row-security": ("CREATE TABLE public.exported ()", "exported is not protected by row level security"),
    "lerg-450": ("DELETE FROM public.enhanced_lerg WHERE npa = '205'", "it has 449"),
    "spot-check": (
        "UPDATE public.enhanced_lerg SET state_province_code = 'NY' WHERE npa = '201'",
        "201 should be NJ/US and is NY/US",
    ),
    "stale-sessions": (
        "INSERT INTO public.active_sessions (user_id, session_token, last_heartbeat) "
        "SELECT id, 'old', '2025-01-01' FROM public.profiles LIMIT 1",
        "1 sessions are silent for more than 15 minutes, the oldest since 2025-01-01 00:00:00+00",
    ),
    "payments": (
        "UPDATE public.profiles SET subscription_status = 'past_due', stripe_customer_id = 'cus_1' "
        "WHERE id = (SELECT id FROM auth.users ORDER BY id LIMIT 1 OFFSET 2)",
        "cus_1 is past_due",
    ),
    "periods": (
        "UPDATE public.profiles SET subscription_status = 'active', current_period_end = '2025-01-01' "
        "WHERE id = (SELECT id FROM auth.users ORDER BY id LIMIT 1 OFFSET 3)",
        "is active, and the period ended at 2025-01-01 00:00:00+00",
    ),
    "counters": (
        "UPDATE public.profiles SET total_uploads = -1 "
        "WHERE id = (SELECT id FROM auth.users ORDER BY id LIMIT 1 OFFSET 4)",
        "has counted -1",
    ),
}
"""By criterion: what makes it fail, and how it is told."""

UNTOLD = {"page-loads", "webhook-time", "alerts", "functions", "stripe", "drift"}
"""What a database alone can't tell."""


@pytest.fixture
def well(production_copy: Database) -> Production:
    """Production at the goal, which completed phase 4 a moment ago."""
    production = Production(production_copy)
    production.reach(*range(1, LAST_PHASE + 1))
    production.run("CREATE SCHEMA voip_infra")
    production.run("CREATE TABLE voip_infra.rollout_passages AS SELECT 4 AS level, now() AS passed_at")
    return production


def results(production: Production, phase: int = LAST_PHASE) -> list[Result]:
    with production.planes() as planes:
        return list(found(planes, settings_of(phase, "hardening")))


def of(results: list[Result], state: State) -> dict[str, str]:
    return {each.id: "\n".join(each.found) for each in results if each.state == state}


def test_what_is_wrong_is_told_and_nothing_else(well: Production) -> None:
    before = results(well)
    assert of(before, "failed") == {}
    assert of(before, "not told").keys() == UNTOLD
    figures = of(before, "figure")
    assert figures["uploads"] == "0 uploads of 0 users, at most 0"
    assert figures["sessions"] == "0 sessions of 0 users"
    assert "trial: " in figures["users"]

    for statement, _ in WRONG.values():
        well.run(statement)
    after = of(results(well), "failed")
    assert after.keys() == WRONG.keys()
    for criterion, (_, words) in WRONG.items():
        assert words in after[criterion]


def test_every_criterion_of_the_database_is_tried() -> None:
    asked = {each.id for each in criteria() if each.sql and not each.figure}
    # Nobody can make a statement slow without taking the time.
    assert asked - {"slow-queries"} == WRONG.keys() - {"drift"}


def test_it_can_only_read(production: Production) -> None:
    with production.planes() as planes:
        list(found(planes, settings_of(0)))
        with pytest.raises(ProviderError, match="cannot execute DELETE in a read-only transaction"):
            planes.ask(sql.SQL("DELETE FROM public.profiles RETURNING id"))


def test_a_phase_that_is_not_complete_asks_for_less(production: Production) -> None:
    told = {each.id for each in results(production, 0)}
    assert {"drift", "sign-ups", "row-security"} <= told
    assert told.isdisjoint({"lerg-450", "triggers", "stale-sessions", "webhook", "stripe"})


def test_what_stripe_knows_is_told(account: Account, books: Books, staging_copy: Database) -> None:
    staging = Production(staging_copy)
    history = paying(account, staging_copy.database_url)
    account.api.post("/v1/webhook_endpoints", data={"url": "https://example.com", "enabled_events[]": "*"})
    with staging.planes() as planes:
        told = list(stripe_results(planes, books, int(time.time()) + 2 * 3600))
    failed = of(told, "failed")
    assert "checkout.session.completed) is not delivered" in failed["webhook"]
    assert f"{history.customer}: subscription_status, subscription_id" in failed["subscriptions"]
    assert of(told, "figure").keys() == {"payment-failures"}


def test_more_than_a_few_are_counted() -> None:
    told = Result("failed", "sign-ups", "No failed signups", [f"{number}" for number in range(7)])
    assert str(told).splitlines()[-2:] == ["    4", "    and 2 more"]
