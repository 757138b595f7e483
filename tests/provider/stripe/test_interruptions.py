"""An update that ends at any request, done or not, is finished by the next, which makes nothing twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from provider.registry import stripe_kinds
from provider.schema.stripe import PortalConfiguration, Price, Product, WebhookEndpoint
from provider.stripe.account import Account as Books
from provider.target import Target
from tests.fix_stripe import Account

PLAN = Product(key="plan", name="The plan")
PRICE = Price(lookup_key="monthly", product="", unit_amount=9900, interval="month")
HOOK = WebhookEndpoint(name="hook", url="https://x.supabase.co/functions/v1/hook", events=["invoice.paid"])
REQUESTS = 5
"""Product, price, portal, endpoint, and its being disabled."""


class EndedError(Exception):
    """The process is no more."""


class Ending(Books):
    """Ends with its n-th change: before Stripe does it, or before anybody hears that it was done."""

    def __init__(self, target: Target, last: int, *, done: bool) -> None:
        super().__init__(target, lambda: None)
        self._left, self._done = last, done

    def change(self, work: Callable[[Any], Any]) -> dict[str, Any]:
        self._left -= 1
        if self._left >= 0:
            return super().change(work)
        if self._done:
            super().change(work)
        raise EndedError


def made(target: Target, books: Books, amount: int) -> list[Any]:
    """All kinds, each made or brought to what is wanted as an engine without a state would."""
    kinds = stripe_kinds(books, target)
    product: Any = kinds[Product.token].create(PLAN)
    wanted = msgspec.structs.replace(PRICE, product=product.product, unit_amount=amount)
    prices = kinds[Price.token]
    known = prices.read("monthly", None)
    price: Any = prices.update(known, wanted) if known else prices.create(wanted)
    portal = PortalConfiguration(name="portal", product=product.product, prices=[price.price])
    portals = kinds[PortalConfiguration.token]
    offered = portals.read("portal", None)
    configuration = portals.update(offered, portal) if offered else portals.create(portal)
    return [product, price, configuration, kinds[WebhookEndpoint.token].create(HOOK)]


def never_without_a_price(account: Account) -> bool:
    """Whether from the first price on, one and only one that can be sold had the key after each event."""
    live: dict[str, bool] = {}
    moments: list[int] = []
    events = account.api.get("/v1/events", params={"limit": 100}).json()["data"][::-1]
    for event in events:
        item = event["data"]["object"]
        if item["object"] == "price":
            live[item["id"]] = item["active"] and item["lookup_key"] == "monthly"
            moments.append(sum(live.values()))
    # A key that moves is taken and given in one request, which is told as two events.
    taken = [n for n, event in enumerate(events) if event["type"] == "price.created"]
    return bool(taken) and moments[-1] == 1 and moments.count(0) <= len(taken) - 1 and max(moments) == 1


@pytest.mark.parametrize("done", [False, True])
@pytest.mark.parametrize("last", range(REQUESTS))
def test_what_is_made_is_made_once(target: Target, account: Account, last: int, done: bool) -> None:
    with pytest.raises(EndedError):
        made(target, Ending(target, last, done=done), 9900)
    *_, endpoint = made(target, Books(target, lambda: None), 9900)
    api = account.stripe.v1
    assert endpoint.secret.startswith("whsec_")
    assert len(api.products.list().data) == len(api.prices.list().data) == 1
    assert len(api.billing_portal.configurations.list().data) == 1
    assert [each.status for each in api.webhook_endpoints.list().data] == ["disabled"]


@pytest.mark.parametrize("done", [False, True])
@pytest.mark.parametrize("last", range(3))
def test_another_amount_is_one_more_price(target: Target, account: Account, last: int, done: bool) -> None:
    made(target, Books(target, lambda: None), 9900)
    with pytest.raises(EndedError):
        made(target, Ending(target, last, done=done), 10900)
    made(target, Books(target, lambda: None), 10900)
    listed = account.stripe.v1.prices.list().data
    assert sorted((price.unit_amount, price.active, price.lookup_key) for price in listed) == [
        (9900, False, None),
        (10900, True, "monthly"),
    ]
    assert never_without_a_price(account)
