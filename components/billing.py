"""What is sold, and how payments become known: the Accelerator Plan at Stripe."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from components.declaration import Declaration, Wire, key_of, since
from components.domain import Domain
from components.functions import STRIPE_SECRET_KEY, Served, served
from provider.schema.stripe import PortalConfiguration, Price, Product, WebhookActivation, WebhookEndpoint
from provider.schema.supabase import Function, Secret
from settings import Settings

SINCE = 5
FUNCTION = "stripe-events"
API_VERSION = "2026-10-28.endive"
"""The one that the function's own library speaks: functions/deno.json has the library of this version."""

EVENTS = (
    "checkout.session.completed",
    "customer.subscription.created",
    "customer.subscription.deleted",
    "customer.subscription.updated",
    "invoice.paid",
    "invoice.payment_failed",
)
"""Exactly those that the function handles."""

PLAN = Product(key="accelerator-plan", name="Accelerator Plan")
MONTHLY = Price(lookup_key="accelerator_monthly", product="", unit_amount=9900, interval="month")
ANNUAL = Price(lookup_key="accelerator_annual", product="", unit_amount=99900, interval="year")

SOLD = Wire(key_of(PLAN), "product")
PRICE_IDS = {
    "STRIPE_PRICE_ID_MONTHLY": Wire(key_of(MONTHLY), "price"),
    "STRIPE_PRICE_ID_ANNUAL": Wire(key_of(ANNUAL), "price"),
}
"""What the functions find in their environment of the prices."""


_KEY = STRIPE_SECRET_KEY.name
_WEBHOOK_SECRET = "STRIPE_WEBHOOK_SECRET"

FUNCTIONS = (
    Served("create-checkout-session", SINCE, reads=(_KEY, *PRICE_IDS), stub=True),
    Served("create-portal-session", SINCE, reads=(_KEY,), stub=True),
    Served(FUNCTION, SINCE, verify_jwt=False, reads=(_KEY, _WEBHOOK_SECRET), stub=True),
    Served("check-subscription-status", SINCE, reads=(_KEY,), stub=True),
    Served("upgrade-subscription", SINCE, reads=(_KEY, *PRICE_IDS), stub=True),
)


class Billing(Domain):
    """The plan, its two prices, the functions that sell it, and whom Stripe tells, from phase 5."""

    name = "billing"

    @staticmethod
    def declarations(settings: Settings) -> Sequence[Declaration]:
        """What is sold, what customers may do by themselves, the functions, and the webhook.

        Stripe tells nobody before the function behind the endpoint has its secret and answers.
        """
        endpoint = _endpoint(settings)
        objects = [*_plan(), since(SINCE, endpoint), *_secrets(endpoint)]
        return [*served(objects, FUNCTIONS), _activation(endpoint)]


def _plan() -> Iterator[Declaration]:
    yield since(SINCE, PLAN)
    for price in (MONTHLY, ANNUAL):
        yield since(SINCE, price, wires={"product": SOLD})
    portal = PortalConfiguration(name="customer-portal", product="", prices=[])
    yield since(SINCE, portal, wires={"product": SOLD, "prices": tuple(PRICE_IDS.values())})


def _endpoint(settings: Settings) -> WebhookEndpoint:
    return WebhookEndpoint(
        name=FUNCTION,
        url=f"https://{settings.project_ref}.supabase.co/functions/v1/{FUNCTION}",
        events=list(EVENTS),
        api_version=API_VERSION,
        replace=settings.replace_webhook,
    )


def _secrets(endpoint: WebhookEndpoint) -> Iterator[Declaration]:
    for name, price in PRICE_IDS.items():
        yield since(SINCE, Secret(name=name), wires={"value": price})
    # While an endpoint is replaced, what the one before it tells is believed too.
    both = tuple(Wire(key_of(endpoint), output) for output in ("secret", "previousSecret"))
    yield since(SINCE, Secret(name=_WEBHOOK_SECRET), wires={"value": both})


def _activation(endpoint: WebhookEndpoint) -> Declaration:
    return since(
        SINCE,
        WebhookActivation(name=FUNCTION, endpoint="", function=FUNCTION),
        after=(key_of(Function(slug=FUNCTION)),),
        wires={name: Wire(key_of(endpoint), name) for name in ("endpoint", "secret")},
    )
