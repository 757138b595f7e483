"""From the sign-up to a refund: what phase 5 and section 14 of the comparison ask to be verified."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from psycopg.rows import dict_row

from sandbox.databases import Target
from tests.billing.functions import served
from tests.billing.histories import DAY
from tests.fix_stripe import Account, OpenAccount

ORIGIN = "https://app.example.com"
JWT_SECRET = "canary-of-the-token-key, long enough for HS256"
WEBHOOK_SECRET = "whsec_of_the_sandbox_alone"
SELLING = (
    "create-checkout-session",
    "create-portal-session",
    "check-subscription-status",
    "upgrade-subscription",
)
PATIENCE = 60.0


@dataclass(frozen=True)
class Shop:
    """The functions of billing, with a user who has signed up."""

    account: Account
    database_url: str
    user: str
    urls: dict[str, str]
    log: Path

    def call(self, slug: str, **sent: Any) -> httpx.Response:
        """Ask a function as the user."""
        claims = {"role": "authenticated", "aud": "authenticated", "sub": self.user}
        headers = {"authorization": f"Bearer {token(claims)}", "origin": ORIGIN}
        return httpx.post(self.urls[slug], json=sent, headers=headers, trust_env=False, timeout=60)

    def profile(self) -> dict[str, Any]:
        """The user's."""
        with psycopg.connect(self.database_url, row_factory=dict_row) as connection:
            row = connection.execute("SELECT * FROM public.profiles WHERE id = %s", (self.user,)).fetchone()
        assert row
        return dict(row)

    def until(self, **wanted: Any) -> dict[str, Any]:
        """The profile, once the webhook has brought it there."""
        deadline = time.monotonic() + PATIENCE
        while True:
            profile = self.profile()
            if all(profile[name] == value for name, value in wanted.items()):
                return profile
            assert time.monotonic() < deadline, {name: profile[name] for name in wanted}
            time.sleep(0.1)

    def subscription(self) -> Any:
        """The newest at Stripe."""
        customer = self.profile()["stripe_customer_id"]
        listed = self.account.stripe.v1.subscriptions.list({"customer": customer, "status": "all"})
        return listed.data[0]

    def portal(self, action: str, **told: Any) -> None:
        """Use the portal that the function opens."""
        url = self.call("create-portal-session").json()["url"]
        self.account.tell(f"portal/{url.rpartition('/')[2]}/{action}", **told)

    def pay(self, period: str) -> None:
        """Pay on the page that the function opens."""
        answer = self.call("create-checkout-session", billing_period=period).json()
        assert answer["kind"] == "checkout"
        self.account.tell(f"checkout/{answer['url'].rpartition('/')[2]}")


OpenShop = Callable[[], Shop]


def token(claims: dict[str, Any]) -> str:
    """A user's token."""
    parts = [{"alg": "HS256", "typ": "JWT"}, {**claims, "exp": int(time.time()) + 3600}]
    text = ".".join(encoded(json.dumps(part).encode()) for part in parts)
    return f"{text}.{encoded(hmac.digest(JWT_SECRET.encode(), text.encode(), hashlib.sha256))}"


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@pytest.fixture
def shop(staging_copy: Target, open_account: OpenAccount, tmp_path: Path) -> Iterator[Shop]:
    """Staging, with the functions served and Stripe told where."""
    account = open_account("staging")
    prices = {price.lookup_key: price.id for price in account.stripe.v1.prices.list().data}
    log = tmp_path / "functions.log"
    environment = {
        "ALLOWED_ORIGINS": ORIGIN,
        "SUPABASE_DB_URL": staging_copy.database_url,
        "STRIPE_SECRET_KEY": account.key,
        "STRIPE_API_URL": str(account.api.base_url),
        "STRIPE_WEBHOOK_SECRET": WEBHOOK_SECRET,
        "STRIPE_PRICE_ID_MONTHLY": str(prices["accelerator_monthly"]),
        "STRIPE_PRICE_ID_ANNUAL": str(prices["accelerator_annual"]),
        "JWT_SECRET": JWT_SECRET,
    }
    with ExitStack() as stack:
        urls = {
            slug: stack.enter_context(served(slug, environment, log)) for slug in (*SELLING, "stripe-events")
        }
        start = f"https://{account.ref}.supabase.co/functions/v1/stripe-events"
        account.tell("routes", "PUT", **{start: urls["stripe-events"]})
        yield Shop(account, staging_copy.database_url, signed_up(staging_copy.database_url), urls, log)


def signed_up(database_url: str) -> str:
    user = str(uuid.uuid4())
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "INSERT INTO auth.users (id, aud, role, email, created_at) "
            "VALUES (%s, 'authenticated', 'authenticated', 'payer.canary@example.com', now())",
            (user,),
        )
    return user


def test_a_user_pays_changes_renews_and_leaves(shop: Shop) -> None:
    assert shop.profile()["subscription_status"] == "trial"
    shop.pay("monthly")
    paid = shop.until(subscription_status="active", billing_period="monthly", cancel_at_period_end=False)
    assert paid["subscription_id"] == shop.subscription().id
    period = shop.subscription()["items"].data[0]
    assert paid["current_period_end"].timestamp() == period.current_period_end
    assert paid["last_payment_date"]

    assert shop.call("create-checkout-session", billing_period="annual").json()["kind"] == "portal"
    shop.portal("cancel")
    cancelled = shop.until(cancel_at_period_end=True)
    assert (cancelled["cancel_at"], bool(cancelled["canceled_at"])) == (cancelled["current_period_end"], True)
    shop.portal("resume")
    shop.until(cancel_at_period_end=False, cancel_at=None, canceled_at=None)

    shop.account.tell("clock", seconds=40 * DAY)
    renewed = shop.subscription()["items"].data[0].current_period_end
    deadline = time.monotonic() + PATIENCE
    while shop.profile()["current_period_end"].timestamp() != renewed:
        assert time.monotonic() < deadline
        time.sleep(0.1)

    answer = shop.call("upgrade-subscription")
    assert answer.json()["billing_period"] == "annual", answer.text
    assert shop.profile()["billing_period"] == "annual"
    assert shop.call("upgrade-subscription").json()["error"]["code"] == "conflict"

    customer = shop.profile()["stripe_customer_id"]
    shop.account.tell(f"customers/{customer}/card", card="pm_card_chargeCustomerFail")
    shop.account.tell("clock", seconds=367 * DAY)
    shop.until(subscription_status="past_due")
    shop.portal("card", card="pm_card_visa")
    before = shop.until(subscription_status="active")

    charge = shop.account.stripe.v1.charges.list({"customer": customer}).data[0]
    shop.account.stripe.v1.refunds.create({"charge": charge.id})
    status = shop.call("check-subscription-status", refresh=True).json()
    assert (status["active"], status["billing_period"]) == (True, "annual")
    assert {**shop.profile(), "updated_at": None} == {**before, "updated_at": None}

    shop.account.stripe.v1.subscriptions.cancel(shop.subscription().id)
    shop.until(subscription_status="canceled")
    shop.pay("annual")
    again = shop.until(subscription_status="active", billing_period="annual")
    assert again["stripe_customer_id"] == customer
    told = shop.log.read_text("utf-8")
    for canary in (shop.account.key, WEBHOOK_SECRET, JWT_SECRET, "payer.canary", shop.user, customer):
        assert canary not in told
