"""Who is told: webhook endpoints, and the events to be told of."""

from __future__ import annotations

import re
import secrets
from urllib.parse import urlsplit

import msgspec
from msgspec import UNSET, UnsetType

from sandbox.apis.stripe.books import API_VERSION, Object
from sandbox.apis.stripe.call import Call, Metadata, given, merged, page
from sandbox.apis.stripe.forms import Paging, Params
from sandbox.apis.stripe.refusals import StripeError

EVENT_NAME = re.compile(r"\*|[a-z_0-9]+(\.[a-z_0-9]+)+")
MOST = 16


class NewEndpoint(Params):
    enabled_events: list[str]
    url: str
    api_version: str | None = None
    connect: bool = False
    description: str | None = None
    metadata: Metadata = msgspec.field(default_factory=dict)


class EndpointChange(Params):
    enabled_events: list[str] | UnsetType = UNSET
    url: str | UnsetType = UNSET
    description: str | UnsetType | None = UNSET
    disabled: bool | UnsetType = UNSET
    metadata: Metadata | UnsetType = UNSET


class Created(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    gt: int | UnsetType = UNSET
    gte: int | UnsetType = UNSET
    lt: int | UnsetType = UNSET
    lte: int | UnsetType = UNSET


class EventList(Paging):
    created: Created = Created()
    delivery_success: bool | UnsetType = UNSET
    type: str | UnsetType = UNSET
    types: list[str] | UnsetType = UNSET


def create_endpoint(call: Call) -> Object:
    """POST /v1/webhook_endpoints: the one answer that tells the signing secret."""
    wanted = call.params(NewEndpoint)
    _check_url(wanted.url, livemode=call.books.livemode)
    _check_events(wanted.enabled_events)
    if wanted.api_version not in (None, API_VERSION):
        raise StripeError(f"Invalid API version: {wanted.api_version}", param="api_version")
    if sum(1 for _ in call.books.all("webhook_endpoint")) >= MOST:
        raise StripeError(f"You have reached the maximum of {MOST} test webhook endpoints.")
    endpoint = call.books.blank(
        "webhook_endpoint", **given(wanted, "connect"), _secret=f"whsec_{secrets.token_urlsafe(24)}"
    )
    endpoint["metadata"] = merged({}, wanted.metadata)
    call.books.put(endpoint)
    return {**endpoint, "secret": endpoint["_secret"]}


def change_endpoint(call: Call) -> Object:
    """POST /v1/webhook_endpoints/{id}."""
    wanted = call.params(EndpointChange)
    endpoint = call.books.get("webhook_endpoint", call.id)
    changes = given(wanted, "disabled")
    if wanted.url is not UNSET:
        _check_url(wanted.url, livemode=call.books.livemode)
    if wanted.enabled_events is not UNSET:
        _check_events(wanted.enabled_events)
    if wanted.disabled is not UNSET:
        changes["status"] = "disabled" if wanted.disabled else "enabled"
    if "metadata" in changes:
        changes["metadata"] = merged(endpoint["metadata"], changes["metadata"])
    return call.books.put(endpoint | changes)


def delete_endpoint(call: Call) -> Object:
    """DELETE /v1/webhook_endpoints/{id}."""
    call.books.get("webhook_endpoint", call.id)
    call.books.drop(call.id)
    return {"id": call.id, "object": "webhook_endpoint", "deleted": True}


def list_endpoints(call: Call) -> Object:
    """GET /v1/webhook_endpoints."""
    return page(call, "webhook_endpoint", call.params(Paging), lambda _: True, "/v1/webhook_endpoints")


def list_events(call: Call) -> Object:
    """GET /v1/events."""
    asked = call.params(EventList)
    pending = {
        event for (event,) in call.books.database.execute("SELECT event FROM deliveries WHERE done = 0")
    }

    def fits(event: Object) -> bool:
        alike = asked.type in (UNSET, event["type"])
        among = asked.types is UNSET or event["type"] in asked.types
        success = asked.delivery_success in (UNSET, event["id"] not in pending)
        return alike and among and success and within(event["created"], asked.created)

    return page(call, "event", asked, fits, "/v1/events")


def within(moment: int, asked: Created) -> bool:
    """Whether a moment is in a span of which each end may be left open."""
    return (
        (asked.gt is UNSET or moment > asked.gt)
        and (asked.gte is UNSET or moment >= asked.gte)
        and (asked.lt is UNSET or moment < asked.lt)
        and (asked.lte is UNSET or moment <= asked.lte)
    )


def _check_url(url: str, *, livemode: bool) -> None:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise StripeError("Not a valid URL", code="url_invalid", param="url")
    if livemode and parts.scheme != "https":
        raise StripeError("Invalid URL: An HTTPS URL is required in live mode", param="url")


def _check_events(names: list[str]) -> None:
    if not names:
        raise StripeError("You must specify at least one event.", param="enabled_events")
    if wrong := [name for name in names if not EVENT_NAME.fullmatch(name)]:
        raise StripeError(f"Invalid enabled_events: {wrong[0]} is no event type", param="enabled_events")
