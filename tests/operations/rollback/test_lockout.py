"""Users can't see their own profile: each way to lock them out is made, seen, and gone."""

from __future__ import annotations

import psycopg

from operations.rollback.lockout import close, let_in
from tests.operations.conftest import Production
from tests.reached import settings_of

OWN = "SELECT id::text FROM public.profiles"
POLICIES = "SELECT polname::text FROM pg_policy WHERE polrelid = 'public.profiles'::regclass ORDER BY 1"

LOCKED = {
    "policies gone": "DROP POLICY simple_select_policy ON public.profiles",
    "policy of nobody": "ALTER POLICY simple_select_policy ON public.profiles USING (false)",
    "table not granted": "REVOKE SELECT ON public.profiles FROM authenticated",
    "schema not granted": "REVOKE USAGE ON SCHEMA public FROM authenticated, PUBLIC",
    "question not granted": "REVOKE EXECUTE ON FUNCTION public.is_admin() FROM authenticated",
    "question that fails": (
        "CREATE OR REPLACE FUNCTION public.is_admin() RETURNS boolean LANGUAGE plpgsql STABLE "
        "SECURITY DEFINER SET search_path = '' AS $$BEGIN RAISE 'no'; END$$"
    ),
}


def seen(production: Production, user: str) -> list[str] | None:
    """Whom a user sees, or None where Postgres refuses."""
    try:
        return [found for (found,) in production.run_as(user, OWN)]
    except psycopg.Error:
        return None


def test_users_see_their_own_profile_again(production: Production) -> None:
    production.reach(2, 3, 4)
    user = production.sign_up()
    policies = production.run(POLICIES)
    for failure, statement in LOCKED.items():
        production.run(statement)
        assert not seen(production, user), failure
        with production.planes() as planes:
            assert let_in(planes, settings_of(4, "hardening")).startswith("Brought back "), failure
        assert seen(production, user) == [user], failure
        with production.planes() as planes:
            close(planes)
        assert production.run(POLICIES) == policies, failure
        assert seen(production, user) == [user], failure


def test_what_is_declared_may_be_wrong_itself(production: Production) -> None:
    production.reach(2, 3, 4)
    user = production.sign_up()
    with production.planes() as planes:
        assert let_in(planes, settings_of(4, "hardening")).startswith("What is declared about access")
        let_in(planes, settings_of(4, "hardening"))
    production.run("DROP POLICY simple_select_policy ON public.profiles")
    assert seen(production, user) == [user]
