"""What a gate looks at in a Stripe account, on the stand-in for Stripe."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from provider.gates import stripe
from provider.schema.rollout import Check, Sold
from provider.stripe.account import Account as Books
from provider.target import Target
from tests.fix_stripe import Account, OpenAccount
from tests.provider.stripe.conftest import written

PLAN = Sold(product="accelerator-plan", prices=["accelerator_monthly", "accelerator_annual"])
WEBHOOK = Sold(endpoint="stripe-events", events=["invoice.paid"])
PORTAL = Sold(portal="portal")
Tried = Callable[[Sold], str | None]


@pytest.fixture
def account(open_account: OpenAccount) -> Account:
    """Staging's, which sells the plan; of its endpoint and portal only what these tests need."""
    made = open_account("staging")
    api = made.stripe.v1
    endpoint = api.webhook_endpoints.list().data[0]
    api.webhook_endpoints.update(endpoint.id, {"enabled_events": ["invoice.paid"]})
    api.billing_portal.configurations.create(
        {"features": {"invoice_history": {"enabled": True}}, "metadata": {"voip": "portal"}}
    )
    return made


@pytest.fixture
def tried(target: Target) -> Tried:
    """What another process has to say."""
    return lambda wanted: told(target, wanted)


def told(target: Target, wanted: Sold) -> str | None:
    check = Check(id="5.x", item="x", section="12", kind="stripe", stripe=wanted)
    return stripe.run(Books(target, lambda: None), check)


@pytest.mark.parametrize("wanted", [Sold(charges=True), PLAN, WEBHOOK, PORTAL, Sold()])
def test_what_is_as_it_should_be_holds_and_nothing_is_written(
    tried: Tried, account: Account, wanted: Sold
) -> None:
    before = written(account)
    assert tried(wanted) is None
    assert written(account) == before


def test_what_was_never_made_is_missed(tried: Tried) -> None:
    assert tried(Sold(product="other")) == "saw no product other, wanted one that is sold"
    assert tried(Sold(prices=["other"])) == "saw 0 prices that can be sold under other, wanted one"
    assert tried(Sold(endpoint="other")) == "saw 0 enabled endpoints other, wanted one"
    assert tried(Sold(portal="other")) == "saw no configuration other, wanted one in use"


def test_what_was_archived_is_missed(tried: Tried, account: Account) -> None:
    api: Any = account.stripe.v1
    (annual,) = api.prices.list({"lookup_keys": ["accelerator_annual"]}).data
    api.prices.update(annual.id, {"active": False})
    assert tried(PLAN) == "saw 0 prices that can be sold under accelerator_annual, wanted one"
    api.products.update(annual.product, {"active": False})
    assert tried(PLAN) == "saw an archived product accelerator-plan, wanted one that is sold"
    configuration = api.billing_portal.configurations.list().data[0]
    api.billing_portal.configurations.update(configuration.id, {"active": False})
    assert tried(PORTAL) == "saw an inactive configuration portal, wanted one in use"


def test_an_endpoint_is_told_of_exactly_what_is_handled(tried: Tried, account: Account) -> None:
    api: Any = account.stripe.v1
    endpoint = api.webhook_endpoints.list().data[0].id
    api.webhook_endpoints.update(endpoint, {"enabled_events": ["charge.refunded"]})
    assert tried(WEBHOOK) == (
        "saw stripe-events told of also charge.refunded, not invoice.paid, "
        "wanted exactly what the function handles"
    )
    api.webhook_endpoints.update(endpoint, {"disabled": True})
    assert tried(WEBHOOK) == "saw 0 enabled endpoints stripe-events, wanted one"


def test_a_trial_is_not_yet_the_real_thing(target: Target) -> None:
    trial = replace(target, stripe_mode="live", stripe_trial=True)
    assert told(trial, Sold(charges=True)) == (
        "saw the test key of a trial (voip:stripeTrial), wanted a live one"
    )


def test_an_account_that_takes_no_money_yet_is_told(target: Target, open_account: OpenAccount) -> None:
    live = open_account("production")
    there = replace(target, stripe_mode="live", stripe_key=live.key)
    assert told(there, Sold(charges=True)) is None
    live.tell("account", "PUT", charges_enabled=False)
    seen = told(there, Sold(charges=True))
    assert seen is not None
    assert seen.startswith("saw an account that may not take payments")
