"""Stripe: whether the key is of the right mode, and what it may read."""

from __future__ import annotations

from collections.abc import Iterator

from operations.doctor.finding import Finding, tried
from provider.stripe.account import Account, check_mode
from provider.target import Target

PLANE = "Stripe"


def findings(target: Target) -> Iterator[Finding]:
    """What the key may read is tried; what it may write can't be known without writing."""
    account = Account(target, lambda: None)

    def mode() -> str:
        check_mode(target)
        return f"{account.mode}{', on trial' if account.in_trial else ''}"

    yield tried(PLANE, "the key is of the mode that the environment takes", mode)
    yield tried(PLANE, "reads products", lambda: len(account.products()))
    yield tried(PLANE, "reads prices", lambda: len(account.prices()))
    yield tried(PLANE, "reads webhook endpoints", lambda: len(account.endpoints()))
    yield tried(PLANE, "reads configurations of the customer portal", lambda: len(account.configurations()))
    yield Finding(
        PLANE,
        "an update needs write access to Products, Prices, Webhook Endpoints and Customer portal",
        known=False,
    )
