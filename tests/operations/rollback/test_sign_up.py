"""Nobody can sign up: the failure is made, seen, and gone with the old sign-up."""

from __future__ import annotations

import psycopg
import pytest

from operations.errors import OperationError
from operations.rollback.sign_up import restore
from tests.operations.conftest import Production
from tests.reached import CONSENTS, reach, settings_of

BROKEN = """
CREATE OR REPLACE FUNCTION public.handle_new_user() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS
$$BEGIN RAISE 'profile creation failed'; END$$
"""
TRIGGERS = """
SELECT tgname::text FROM pg_trigger
WHERE tgrelid = 'auth.users'::regclass AND NOT tgisinternal AND tgtype & 4 = 4 ORDER BY 1
"""


def back(production: Production, phase: int = 4) -> str:
    with production.planes() as planes:
        return restore(planes, settings_of(phase, "hardening"), "production")


def test_users_can_sign_up_again(production: Production) -> None:
    production.reach(2, 3, 4)
    production.run(BROKEN)
    with pytest.raises(psycopg.errors.RaiseException, match="profile creation failed"):
        production.sign_up()

    said = back(production)
    assert "Brought back Function::public.handle_new_user()" in said
    assert "Brought back Trigger::auth.users/on_auth_user_created_set_trial" in said
    user = production.sign_up()
    profile = "SELECT role, subscription_status, signup_method FROM public.profiles WHERE id = %s"
    assert production.run(profile, user) == [("user", "trial", "email")]
    assert production.run(TRIGGERS) == [("on_auth_user_created",), ("on_auth_user_created_set_trial",)]
    assert back(production).startswith("The sign-up is the old one already.")

    # What the next update does: the declared one comes back, alone.
    production.reach(4)
    assert production.run(TRIGGERS) == [("on_auth_user_created",)]
    assert production.run(profile, production.sign_up()) == [("user", "trial", None)]


def test_columns_that_are_gone_are_named(production: Production) -> None:
    production.reach(2, 3, 4, 5, 6)
    reach(production.database, settings_of(7, "hardening", *CONSENTS))
    with pytest.raises(OperationError, match="fills signup_method, user_agent of"):
        back(production, 7)
    assert production.run(TRIGGERS) == [("on_auth_user_created",)]
