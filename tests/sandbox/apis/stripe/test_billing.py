"""The stand-in for Stripe: what becomes of prices, payments and subscriptions."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import stripe

from sandbox.apis.stripe.clock import period_end
from tests.fix_stripe import Account, OpenAccount

DAY = 24 * 3600


@pytest.fixture
def account(open_account: OpenAccount) -> Account:
    """Staging's account."""
    return open_account("staging")


def price(account: Account, key: str) -> Any:
    return account.stripe.v1.prices.list({"lookup_keys": [key]}).data[0]


def checked_out(account: Account, key: str = "accelerator_monthly") -> Any:
    """The subscription of a customer who has just paid."""
    session = session_of(account, key)
    account.tell(f"checkout/{session.id}")
    done = account.stripe.v1.checkout.sessions.retrieve(session.id)
    assert (done.status, done.payment_status, done.url) == ("complete", "paid", None)
    return account.stripe.v1.subscriptions.retrieve(str(done.subscription))


def session_of(account: Account, key: str) -> Any:
    customer = account.stripe.v1.customers.create({"email": "a@example.com"})
    return account.stripe.v1.checkout.sessions.create(
        {
            "mode": "subscription",
            "customer": customer.id,
            "line_items": [{"price": price(account, key).id, "quantity": 1}],
            "subscription_data": {"metadata": {"user_id": "1"}},
            "success_url": "https://example.com",
        }
    )


def current(account: Account, subscription: Any) -> Any:
    return account.stripe.v1.subscriptions.retrieve(subscription.id)


def portal(account: Account, subscription: Any) -> str:
    session = account.stripe.v1.billing_portal.sessions.create({"customer": str(subscription.customer)})
    return f"portal/{session.id}"


class TestPrices:
    def test_a_lookup_key_moves_in_the_request_that_takes_it(self, account: Account) -> None:
        old = price(account, "accelerator_annual")
        new = account.stripe.v1.prices.create(
            {
                "currency": "usd",
                "product": old.product,
                "unit_amount": 1,
                "lookup_key": "accelerator_annual",
                "transfer_lookup_key": True,
            }
        )
        assert price(account, "accelerator_annual").id == new.id
        assert account.stripe.v1.prices.retrieve(old.id).lookup_key is None
        assert account.events() == ["price.updated", "price.created"]

    def test_a_lookup_key_is_not_taken_by_mistake(self, account: Account) -> None:
        old = price(account, "accelerator_annual")
        asked = {"currency": "usd", "product": old.product, "unit_amount": 1}
        with pytest.raises(stripe.InvalidRequestError, match="already uses that lookup key"):
            account.stripe.v1.prices.create({**asked, "lookup_key": "accelerator_annual"})  # type: ignore[typeddict-item]

    def test_a_product_with_prices_is_not_deleted(self, account: Account) -> None:
        with pytest.raises(stripe.InvalidRequestError, match="has one or more user-created prices"):
            account.stripe.v1.products.delete(price(account, "accelerator_annual").product)


class TestCheckout:
    @pytest.mark.parametrize(
        ("key", "amount", "days"), [("accelerator_monthly", 9900, 31), ("accelerator_annual", 99900, 366)]
    )
    def test_who_pays_has_a_subscription(self, account: Account, key: str, amount: int, days: int) -> None:
        subscription = checked_out(account, key)
        item = subscription["items"].data[0]
        assert (subscription.status, subscription.metadata.to_dict()) == ("active", {"user_id": "1"})
        assert 28 * DAY <= item.current_period_end - item.current_period_start <= days * DAY
        invoice = account.stripe.v1.invoices.retrieve(subscription.latest_invoice)
        assert (invoice.status, invoice.amount_paid) == ("paid", amount)
        assert account.events()[-2:] == ["customer.subscription.created", "checkout.session.completed"]

    def test_a_declined_card_leaves_the_page_open(self, account: Account) -> None:
        session = session_of(account, "accelerator_monthly")
        answer = account.sandbox.post(
            f"/sandbox/{account.ref}/stripe/checkout/{session.id}",
            json={"card": "pm_card_chargeCustomerFail"},
        )
        assert (answer.status_code, answer.json()["error"]["code"]) == (402, "card_declined")
        assert account.stripe.v1.checkout.sessions.retrieve(session.id).status == "open"
        account.tell(f"checkout/{session.id}")

    def test_a_page_is_paid_once(self, account: Account) -> None:
        session = session_of(account, "accelerator_monthly")
        account.tell(f"checkout/{session.id}")
        again = account.sandbox.post(f"/sandbox/{account.ref}/stripe/checkout/{session.id}", json={})
        assert again.status_code == 400

    def test_a_page_expires(self, account: Account) -> None:
        session = session_of(account, "accelerator_monthly")
        account.tell("clock", seconds=2 * DAY)
        assert account.stripe.v1.checkout.sessions.retrieve(session.id).status == "expired"
        assert "checkout.session.expired" in account.events()


class TestTime:
    def test_a_subscription_renews(self, account: Account) -> None:
        subscription = checked_out(account)
        first = subscription["items"].data[0].current_period_end
        account.tell("clock", seconds=70 * DAY)
        renewed = current(account, subscription)
        item = renewed["items"].data[0]
        assert item.current_period_start > first
        invoices = account.stripe.v1.invoices.list({"subscription": subscription.id}).data
        assert [invoice.billing_reason for invoice in invoices] == ["subscription_cycle"] * 2 + [
            "subscription_create"
        ]
        assert invoices[0].created == item.current_period_start

    def test_a_failed_renewal_is_tried_again_and_then_ends_it(self, account: Account) -> None:
        subscription = checked_out(account)
        account.tell(f"customers/{subscription.customer}/card", card="pm_card_chargeCustomerFail")
        account.tell("clock", seconds=32 * DAY)
        assert current(account, subscription).status == "past_due"
        account.tell("clock", seconds=20 * DAY)
        ended = current(account, subscription)
        assert (ended.status, ended.cancellation_details.reason) == ("canceled", "payment_failed")
        assert account.events().count("invoice.payment_failed") == 4

    def test_another_card_mends_it(self, account: Account) -> None:
        subscription = checked_out(account)
        account.tell(f"customers/{subscription.customer}/card", card="pm_card_chargeCustomerFail")
        account.tell("clock", seconds=32 * DAY)
        account.tell(f"{portal(account, subscription)}/card", card="pm_card_visa")
        assert current(account, subscription).status == "active"

    def test_a_test_clock_is_its_customers_own(self, account: Account) -> None:
        now = int(datetime(2026, 1, 31, tzinfo=UTC).timestamp())
        clock = account.stripe.v1.test_helpers.test_clocks.create({"frozen_time": now})
        customer = account.stripe.v1.customers.create({"test_clock": clock.id})
        account.tell(f"customers/{customer.id}/card")
        monthly = price(account, "accelerator_monthly").id
        subscription = account.stripe.v1.subscriptions.create(
            {"customer": customer.id, "items": [{"price": monthly}]}
        )
        other = checked_out(account)
        account.stripe.v1.test_helpers.test_clocks.advance(clock.id, {"frozen_time": now + 40 * DAY})
        end = current(account, subscription)["items"].data[0].current_period_end
        assert datetime.fromtimestamp(end, UTC).date().isoformat() == "2026-03-31"
        assert current(account, other)["items"] == other["items"]

    def test_live_mode_has_no_test_clocks(self, open_account: OpenAccount) -> None:
        with pytest.raises(stripe.StripeError, match="only be used in test mode"):
            open_account("production").stripe.v1.test_helpers.test_clocks.create({"frozen_time": 1})

    @pytest.mark.parametrize(
        ("anchor", "interval", "ends"),
        [
            ("2026-01-31", "month", ["2026-02-28", "2026-03-31", "2026-04-30"]),
            ("2024-02-29", "year", ["2025-02-28", "2026-02-28", "2027-02-28", "2028-02-29"]),
            ("2026-12-15", "month", ["2027-01-15"]),
        ],
    )
    def test_periods_keep_their_day(self, anchor: str, interval: str, ends: list[str]) -> None:
        start = since = int(datetime.fromisoformat(f"{anchor}T12:00:00+00:00").timestamp())
        for end in ends:
            start = period_end(since, start, interval, 1)
            assert datetime.fromtimestamp(start, UTC).date().isoformat() == end


class TestPortal:
    def test_a_cancelled_subscription_runs_out(self, account: Account) -> None:
        subscription = checked_out(account)
        account.tell(f"{portal(account, subscription)}/cancel")
        cancelled = current(account, subscription)
        assert (cancelled.status, cancelled.cancel_at_period_end) == ("active", True)
        assert cancelled.cancel_at == cancelled["items"].data[0].current_period_end
        assert cancelled.canceled_at
        account.tell("clock", seconds=32 * DAY)
        ended = current(account, subscription)
        assert (ended.status, ended.ended_at) == ("canceled", cancelled.cancel_at)
        assert account.stripe.v1.subscriptions.list({"customer": str(subscription.customer)}).data == []

    def test_a_cancellation_can_be_taken_back(self, account: Account) -> None:
        subscription = checked_out(account)
        account.tell(f"{portal(account, subscription)}/cancel")
        account.tell(f"{portal(account, subscription)}/resume")
        resumed = current(account, subscription)
        assert (resumed.cancel_at_period_end, resumed.cancel_at, resumed.canceled_at) == (False, None, None)

    def test_the_year_is_billed_less_what_is_left_of_the_month(self, account: Account) -> None:
        subscription = checked_out(account)
        account.tell("clock", seconds=10 * DAY)
        annual = price(account, "accelerator_annual").id
        account.tell(f"{portal(account, subscription)}/price", price=annual)
        switched = current(account, subscription)
        assert switched["items"].data[0].price.id == annual
        invoice = account.stripe.v1.invoices.retrieve(switched.latest_invoice)
        assert 99900 - 9900 < invoice.amount_paid < 99900
        assert invoice.total == sum(line.amount for line in invoice.lines.data)

    def test_what_is_left_of_the_year_is_kept_for_later(self, account: Account) -> None:
        subscription = checked_out(account, "accelerator_annual")
        monthly = price(account, "accelerator_monthly").id
        account.tell(f"{portal(account, subscription)}/price", price=monthly)
        customer = account.stripe.v1.customers.retrieve(str(subscription.customer))
        assert customer.balance
        assert -99900 < customer.balance < -85000
        account.tell("clock", seconds=32 * DAY)
        latest = account.stripe.v1.invoices.retrieve(current(account, subscription).latest_invoice)
        assert (latest.status, latest.amount_due, latest.total) == ("paid", 0, 9900)

    def test_it_offers_what_it_is_told(self, account: Account) -> None:
        subscription = checked_out(account)
        place = f"/sandbox/{account.ref}/stripe/{portal(account, subscription)}/price"
        assert account.sandbox.post(place, json={"price": "price_x"}).status_code == 400


class TestRefunds:
    def test_a_refund_leaves_the_subscription_as_it_is(self, account: Account) -> None:
        subscription = checked_out(account)
        payments = account.stripe.v1.invoice_payments.list({"invoice": subscription.latest_invoice})
        intent = payments.data[0].payment.payment_intent
        account.stripe.v1.refunds.create({"payment_intent": str(intent), "amount": 900})
        account.stripe.v1.refunds.create({"payment_intent": str(intent)})
        (charge,) = account.stripe.v1.charges.list({"payment_intent": str(intent)}).data
        assert (charge.amount_refunded, charge.refunded) == (9900, True)
        with pytest.raises(stripe.InvalidRequestError, match="already been refunded"):
            account.stripe.v1.refunds.create({"payment_intent": str(intent)})
        assert current(account, subscription) == subscription
        assert account.events()[-4:] == ["charge.refunded", "refund.created"] * 2
