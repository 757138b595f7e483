"""One walk through every endpoint of Stripe that the sandbox stands in for."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

DAY = 24 * 3600
EVENTS = ["invoice.paid", "customer.subscription.updated"]


@dataclass(frozen=True)
class Step:
    """One request and its answer."""

    method: str
    path: str
    params: Mapping[str, Any]
    status: int
    answer: dict[str, Any]


@dataclass
class Walk:
    """Requests by a client that knows an account's key, kept with their answers."""

    client: httpx.Client
    steps: list[Step] = field(default_factory=list)

    def __call__(self, request: str, /, **params: Any) -> dict[str, Any]:
        """Ask, e.g. `GET prices`; the request must be granted."""
        step = ask(self.client, request, params)
        assert step.status == 200, f"{request}: {step.answer}"
        self.steps.append(step)
        return step.answer

    def everything(self) -> None:
        """Every endpoint, in an order in which each finds what it needs."""
        self("GET account")
        monthly, annual = self.catalog()
        self.endpoint()
        configuration = self.portal(monthly, annual)
        customer = self.customer()
        self.checkout(monthly, customer)
        self("POST billing_portal/sessions", customer=customer["id"], configuration=configuration["id"])
        self.clock(monthly, annual)
        event = self("GET events", limit=3, types=EVENTS, created={"gte": 1})["data"][0]
        self(f"GET events/{event['id']}")

    def catalog(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Products and prices."""
        product = self("POST products", name="Plan", description="All of it", metadata={"voip": "plan"})
        self(f"POST products/{product['id']}", description="", metadata={"voip": "", "a": "b"})
        shared = {"currency": "usd", "product": product["id"], "transfer_lookup_key": True}
        monthly = self(
            "POST prices", **shared, unit_amount=9900, lookup_key="m", recurring={"interval": "month"}
        )
        annual = self(
            "POST prices", **shared, unit_amount=99900, lookup_key="a", recurring={"interval": "year"}
        )
        self(f"POST prices/{annual['id']}", nickname="By the year", metadata={"x": "y"})
        self("GET prices", lookup_keys=["m", "a"], active=True, limit=2)
        self(f"GET prices/{monthly['id']}", expand=["product"])
        self("GET products", active=True)
        self(f"GET products/{product['id']}")
        unsold = self("POST products", name="Nothing")
        self(f"DELETE products/{unsold['id']}")
        return monthly, annual

    def endpoint(self) -> None:
        """A webhook endpoint, from its making to its end."""
        made = self(
            "POST webhook_endpoints",
            url="https://example.com/events",
            enabled_events=EVENTS,
            api_version="2026-10-28.endive",
        )
        self(f"POST webhook_endpoints/{made['id']}", disabled=True, enabled_events=["*"])
        self(f"GET webhook_endpoints/{made['id']}")
        self("GET webhook_endpoints", limit=100)
        self(f"DELETE webhook_endpoints/{made['id']}")

    def portal(self, monthly: dict[str, Any], annual: dict[str, Any]) -> dict[str, Any]:
        """A configuration with all that this project uses."""
        features = {
            "customer_update": {"enabled": False},
            "invoice_history": {"enabled": True},
            "payment_method_update": {"enabled": True},
            "subscription_cancel": {"enabled": True, "mode": "at_period_end"},
            "subscription_update": {
                "enabled": True,
                "default_allowed_updates": ["price"],
                "proration_behavior": "create_prorations",
                "products": [{"product": monthly["product"], "prices": [monthly["id"], annual["id"]]}],
            },
        }
        made = self(
            "POST billing_portal/configurations",
            features=features,
            business_profile={"headline": "Plan"},
            default_return_url="https://example.com",
        )
        self(f"POST billing_portal/configurations/{made['id']}", metadata={"voip": "portal"})
        self(f"GET billing_portal/configurations/{made['id']}")
        self("GET billing_portal/configurations", is_default=True)
        return made

    def customer(self) -> dict[str, Any]:
        """A customer."""
        made = self("POST customers", email="a@example.com", metadata={"user_id": "1"})
        self(f"POST customers/{made['id']}", name="A", description="")
        self(f"GET customers/{made['id']}")
        self("GET customers", email="a@example.com", created={"gt": 1})
        return made

    def checkout(self, price: dict[str, Any], customer: dict[str, Any]) -> None:
        """A page to pay on, which nobody does."""
        made = self(
            "POST checkout/sessions",
            mode="subscription",
            customer=customer["id"],
            client_reference_id="1",
            line_items=[{"price": price["id"], "quantity": 1}],
            subscription_data={"metadata": {"user_id": "1"}},
            success_url="https://example.com/done",
            cancel_url="https://example.com/no",
        )
        self(f"GET checkout/sessions/{made['id']}")
        self(f"POST checkout/sessions/{made['id']}/expire")
        self("GET checkout/sessions", customer=customer["id"], status="expired")

    def clock(self, monthly: dict[str, Any], annual: dict[str, Any]) -> None:
        """A subscription on a test clock that nobody pays for."""
        now = int(time.time())
        clock = self("POST test_helpers/test_clocks", frozen_time=now, name="walk")
        customer = self("POST customers", test_clock=clock["id"])
        items = [{"price": monthly["id"]}]
        unpaid = self("POST subscriptions", customer=customer["id"], items=items)
        self(f"GET subscriptions/{unpaid['id']}")
        self(
            f"POST subscriptions/{unpaid['id']}",
            cancel_at_period_end=True,
            metadata={"a": "b"},
            proration_behavior="none",
        )
        self(f"POST test_helpers/test_clocks/{clock['id']}/advance", frozen_time=now + 2 * DAY)
        self(f"GET test_helpers/test_clocks/{clock['id']}")
        self("GET test_helpers/test_clocks", limit=1)
        self("GET subscriptions", customer=customer["id"], status="all", price=monthly["id"])
        self("GET invoices", customer=customer["id"], subscription=unpaid["id"], status="open")
        self(f"GET invoices/{unpaid['latest_invoice']}", expand=["customer"])
        payment = self("GET invoice_payments", invoice=unpaid["latest_invoice"], status="open")["data"][0]
        intent = self(f"GET payment_intents/{payment['payment']['payment_intent']}")
        self(f"GET charges/{intent['latest_charge']}")
        self("GET charges", customer=customer["id"], payment_intent=intent["id"])

    def paid(self, subscription: dict[str, Any], annual: dict[str, Any]) -> None:
        """What can be asked of a subscription that is paid for."""
        item = subscription["items"]["data"][0]
        self(
            f"POST subscriptions/{subscription['id']}",
            items=[{"id": item["id"], "price": annual["id"]}],
            payment_behavior="error_if_incomplete",
            proration_behavior="always_invoice",
        )
        switched = self(f"GET subscriptions/{subscription['id']}")
        payment = self("GET invoice_payments", invoice=switched["latest_invoice"])["data"][0]
        refund = self(
            "POST refunds",
            payment_intent=payment["payment"]["payment_intent"],
            reason="requested_by_customer",
        )
        self(f"GET refunds/{refund['id']}")
        self(f"DELETE subscriptions/{subscription['id']}")


def ask(client: httpx.Client, request: str, params: Mapping[str, Any]) -> Step:
    """One request, as Stripe's own clients send it."""
    method, path = request.split(" ")
    form = dict(pairs(params))
    answer = client.request(
        method,
        f"/v1/{path}",
        params=form if method == "GET" else None,
        data=form if method != "GET" else None,
        # Said even where there is nothing to say.
        headers={"content-type": "application/x-www-form-urlencoded"},
    )
    return Step(method, path, params, answer.status_code, answer.json())


def pairs(params: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Nested parameters as a form."""
    match params:
        case Mapping():
            for key, value in params.items():
                yield from pairs(value, f"{name}[{key}]" if name else key)
        case list():
            for place, value in enumerate(params):
                yield from pairs(value, f"{name}[{place}]")
        case bool():
            yield name, str(params).lower()
        case _:
            yield name, str(params)
