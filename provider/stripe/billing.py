"""What Stripe says of customers, by the rule that `functions/_shared/billing.ts` has, too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from provider.stripe.account import Object

RUNNING = ("active", "trialing", "past_due", "unpaid", "paused")
NEVER_PAID = ("incomplete", "incomplete_expired")
PERIODS = {"month": "monthly", "year": "annual"}


@dataclass(frozen=True)
class Billing:
    """The nine columns of a profile that follow Stripe."""

    subscription_status: str
    subscription_id: str
    billing_period: str | None
    """None where Stripe bills neither by the month nor by the year: it is never guessed."""
    current_period_start: datetime | None
    current_period_end: datetime | None
    cancel_at: datetime | None
    canceled_at: datetime | None
    cancel_at_period_end: bool
    last_payment_date: datetime | None


def billing_of(subscriptions: Sequence[Object], paid: Sequence[Object]) -> Billing | None:
    """A customer's state, of all subscriptions, the newest first, and paid invoices; None without any.

    The newest that runs counts, or else the newest that did; one that was never paid for doesn't.
    """
    known = [each for each in subscriptions if each["status"] not in NEVER_PAID]
    counting = next((each for each in known if each["status"] in RUNNING), next(iter(known), None))
    if counting is None:
        return None
    item = counting["items"]["data"][0]
    payments = [each["status_transitions"]["paid_at"] for each in paid if each["amount_paid"]]
    return Billing(
        subscription_status=counting["status"],
        subscription_id=counting["id"],
        billing_period=PERIODS.get((item["price"]["recurring"] or {}).get("interval", "")),
        current_period_start=_instant(item["current_period_start"]),
        current_period_end=_instant(item["current_period_end"]),
        cancel_at=_instant(counting["cancel_at"]),
        canceled_at=_instant(counting["canceled_at"]),
        cancel_at_period_end=counting["cancel_at_period_end"],
        last_payment_date=_instant(max(payments, default=None)),
    )


def _instant(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
