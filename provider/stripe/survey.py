"""What of a Stripe account can be compared: two accounts have no ID in common, so names stand for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from provider.schema.stripe import PortalConfiguration, Price, Product, WebhookEndpoint
from provider.stripe.account import TAG, Account, Object

Objects = dict[str, dict[str, Any]]


def surveyed(account: Account, project: str) -> Objects:
    """Products, prices, endpoints and portal configurations by name; what has none is told by its ID."""
    products = {each["id"]: _name(each) for each in account.products()}
    prices = {each["id"]: each["lookup_key"] or _name(each) for each in account.prices()}
    return {
        **{f"{Product.token}::{products[each['id']]}": _product(each) for each in account.products()},
        **{f"{Price.token}::{prices[each['id']]}": _price(each, products) for each in account.prices()},
        **dict(_endpoints(account, project)),
        **{
            f"{PortalConfiguration.token}::{_name(each)}": _portal(each, products, prices)
            for each in account.configurations()
        },
    }


def _name(live: Object) -> str:
    return str((live["metadata"] or {}).get(TAG) or live["id"])


def _product(live: Object) -> dict[str, Any]:
    return {name: live[name] for name in ("name", "description", "active")}


def _price(live: Object, products: Mapping[str, str]) -> dict[str, Any]:
    recurring = live["recurring"] or {}
    return {
        "product": products.get(live["product"], live["product"]),
        "interval": recurring.get("interval"),
        "intervalCount": recurring.get("interval_count"),
        **{name: live[name] for name in ("unit_amount", "currency", "nickname", "active")},
    }


def _endpoints(account: Account, project: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for live in account.endpoints():
        told = {name: live[name] for name in ("api_version", "status")}
        # Each environment's own project is the same place in both.
        url = live["url"].replace(project, "PROJECT")
        yield (
            f"{WebhookEndpoint.token}::{_name(live)}",
            {**told, "url": url, "events": sorted(live["enabled_events"])},
        )


def _portal(live: Object, products: Mapping[str, str], prices: Mapping[str, str]) -> dict[str, Any]:
    features = live["features"]
    offered = features["subscription_update"].get("products") or []
    return {
        "active": live["active"],
        "returnUrl": live["default_return_url"],
        "cancel": features["subscription_cancel"]["mode"],
        "proration": features["subscription_update"]["proration_behavior"],
        "enabled": sorted(name for name, feature in features.items() if feature.get("enabled")),
        "prices": sorted(
            f"{products.get(each['product'], each['product'])}: {prices.get(price, price)}"
            for each in offered
            for price in each["prices"]
        ),
    }
