"""The way back from a webhook that fails: the failure is made, seen, mended, and gone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from components.billing import EVENTS, FUNCTION
from operations import payments
from operations.errors import OperationError
from provider.stripe.account import Account as Books
from sandbox.databases import Target as Database
from tests.billing.functions import served
from tests.billing.histories import COLUMNS, History, paying
from tests.fix_stripe import Account, OpenAccount

SECRET = "whsec_of_the_sandbox_alone"


@pytest.fixture
def account(open_account: OpenAccount) -> Account:
    """Staging's, whose events nobody has heard of yet."""
    opened = open_account("staging")
    opened.tell("plan", "PUT", hold=True)
    return opened


@pytest.fixture
def books(account: Account) -> Books:
    """The account as the commands reach it."""
    return Books(account.target, lambda: None)


@pytest.fixture
def connection(staging_copy: Database) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(staging_copy.database_url) as opened:
        yield opened


def wrong(history: History) -> list[str]:
    profile, wanted = history.profile(), history.wanted()
    return [name for name in COLUMNS if profile[name] != wanted[name]]


def test_profiles_are_shown_first_and_then_corrected(
    account: Account, books: Books, staging_copy: Database, connection: psycopg.Connection[Any]
) -> None:
    annual = paying(account, staging_copy.database_url)
    monthly = paying(account, staging_copy.database_url, "accelerator_monthly")
    found = list(payments.repairs(connection, books, None))
    shown = payments.told(found, apply=False)
    assert f"{annual.customer}  billing_period: nothing -> annual" in shown
    assert f"{monthly.customer}  billing_period: nothing -> monthly" in shown
    assert wrong(annual)
    (one,) = payments.repairs(connection, books, annual.customer)
    payments.write(connection, one)
    assert (wrong(annual), bool(wrong(monthly))) == ([], True)
    for each in payments.repairs(connection, books, None):
        payments.write(connection, each)
    assert (wrong(annual), wrong(monthly)) == ([], [])
    assert payments.told(list(payments.repairs(connection, books, None)), apply=True) == (
        "Every profile is what Stripe says."
    )


def test_a_profile_that_was_changed_meanwhile_is_left_alone(
    account: Account, books: Books, staging_copy: Database, connection: psycopg.Connection[Any]
) -> None:
    history = paying(account, staging_copy.database_url)
    (found,) = payments.repairs(connection, books, history.customer)
    connection.commit()
    with psycopg.connect(staging_copy.database_url) as other:
        other.execute("UPDATE public.profiles SET total_uploads = 7 WHERE id = %s", (history.user,))
    with pytest.raises(OperationError, match="was changed meanwhile"):
        payments.write(connection, found)


def test_an_unknown_customer_is_named(books: Books, connection: psycopg.Connection[Any]) -> None:
    with pytest.raises(OperationError, match="no profile has the customer cus_nobody"):
        list(payments.repairs(connection, books, "cus_nobody"))


def test_what_was_missed_is_told_after_the_start(
    account: Account, books: Books, staging_copy: Database, tmp_path: Path
) -> None:
    payments.stop_webhook(books)
    assert "disabled already" in payments.stop_webhook(books)
    history = paying(account, staging_copy.database_url)
    assert account.deliveries() == []
    assert wrong(history)
    environment = {
        "ALLOWED_ORIGINS": "https://app.example.com",
        "SUPABASE_DB_URL": staging_copy.database_url,
        "STRIPE_SECRET_KEY": account.key,
        "STRIPE_API_URL": str(account.api.base_url),
        "STRIPE_WEBHOOK_SECRET": SECRET,
        "JWT_SECRET": "of the tests alone, long enough for HS256",
    }
    with pytest.raises(OperationError, match="signing secret"):
        payments.start_webhook(books, "http://127.0.0.1:9", "")
    with served(FUNCTION, environment, tmp_path / "function.log") as url:
        with pytest.raises(OperationError, match="were not taken"):
            payments.start_webhook(books, url, "whsec_of_another")
        said = payments.start_webhook(books, url, SECRET)
    assert "told the function of" in said
    assert SECRET not in said
    (endpoint,) = account.stripe.v1.webhook_endpoints.list().data
    assert (endpoint.status, payments.STOPPED in endpoint.metadata) == ("enabled", False)
    assert wrong(history) == []
    assert "nothing is told" in payments.start_webhook(books, "", "")


def test_the_events_that_are_told_are_those_that_are_declared(account: Account) -> None:
    (endpoint,) = account.stripe.v1.webhook_endpoints.list().data
    assert sorted(endpoint.enabled_events) == sorted(EVENTS)
