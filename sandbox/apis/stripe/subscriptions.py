"""What is paid again and again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from sandbox.apis.stripe.books import Books, Object
from sandbox.apis.stripe.call import Call, Metadata, given, listed, merged, page
from sandbox.apis.stripe.clock import period_end
from sandbox.apis.stripe.customers import attach_card
from sandbox.apis.stripe.forms import Paging, Params
from sandbox.apis.stripe.invoices import bill, collect, line
from sandbox.apis.stripe.refusals import StripeError

ENDED = ("canceled", "incomplete_expired")
RUNNING = ("active", "past_due")
Proration = Literal["always_invoice", "create_prorations", "none"]


class NewItem(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    price: str
    quantity: int = 1


class ItemChange(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    id: str
    price: str | UnsetType = UNSET
    quantity: int | UnsetType = UNSET


class NewSubscription(Params):
    customer: str
    items: list[NewItem]
    cancel_at_period_end: bool = False
    metadata: Metadata = msgspec.field(default_factory=dict)
    payment_behavior: Literal["allow_incomplete", "error_if_incomplete"] = "allow_incomplete"


class SubscriptionChange(Params):
    cancel_at_period_end: bool | UnsetType = UNSET
    items: list[ItemChange] | UnsetType = UNSET
    metadata: Metadata | UnsetType = UNSET
    payment_behavior: Literal["allow_incomplete", "error_if_incomplete"] = "allow_incomplete"
    proration_behavior: Proration = "create_prorations"
    proration_date: int | UnsetType = UNSET


class SubscriptionList(Paging):
    customer: str | UnsetType = UNSET
    price: str | UnsetType = UNSET
    status: str | UnsetType = UNSET


class Cancellation(Params):
    invoice_now: bool = False
    prorate: bool = False


def subscribe(
    books: Books, customer: Object, prices: list[tuple[Object, int]], metadata: Object
) -> tuple[Object, bool]:
    """A new subscription, and whether its first invoice was paid."""
    now = books.now(customer["test_clock"])
    with books.frozen(now):
        subscription = books.blank(
            "subscription",
            billing_cycle_anchor=now,
            currency=prices[0][0]["currency"],
            customer=customer["id"],
            metadata=metadata,
            start_date=now,
            status="incomplete",
            test_clock=customer["test_clock"],
        )
        items = [_item(books, subscription, price, quantity) for price, quantity in prices]
        subscription["items"] = listed(items, f"/v1/subscription_items?subscription={subscription['id']}")
        lines = [line(books, subscription, item, _amount(item)) for item in items]
        books.put(subscription)
        invoice = bill(books, subscription, "subscription_create", lines)
        subscription["latest_invoice"] = invoice["id"]
        paid = collect(books, invoice)
        subscription["status"] = "active" if paid else "incomplete"
        books.put(subscription)
        books.emit("customer.subscription.created", subscription)
    return subscription, paid


def create_subscription(call: Call) -> Object:
    """POST /v1/subscriptions."""
    wanted = call.params(NewSubscription)
    customer = call.books.get("customer", wanted.customer, "customer")
    prices = [(active_price(call.books, item.price), item.quantity) for item in wanted.items]
    subscription, paid = subscribe(call.books, customer, prices, merged({}, wanted.metadata))
    if not paid and wanted.payment_behavior == "error_if_incomplete":
        raise _declined()
    if wanted.cancel_at_period_end:
        cancel_later(call.books, subscription, wanted=True)
    return subscription


def change_subscription(call: Call) -> Object:
    """POST /v1/subscriptions/{id}."""
    wanted, books = call.params(SubscriptionChange), call.books
    subscription = books.get("subscription", call.id)
    if subscription["status"] in ENDED:
        raise StripeError(
            "A canceled subscription can only update its cancellation_details and metadata.", param="id"
        )
    with books.frozen(books.now(subscription["test_clock"])):
        if wanted.items is not UNSET:
            _switch_items(books, subscription, wanted.items, wanted)
        if wanted.cancel_at_period_end is not UNSET:
            cancel_later(books, subscription, wanted=wanted.cancel_at_period_end)
        if wanted.metadata is not UNSET:
            known = merged(subscription["metadata"], given(wanted)["metadata"])
            books.change("customer.subscription.updated", subscription, metadata=known)
    return subscription


def cancel_subscription(call: Call) -> Object:
    """DELETE /v1/subscriptions/{id}: at once."""
    call.params(Cancellation)
    subscription = call.books.get("subscription", call.id)
    if subscription["status"] in ENDED:
        raise StripeError(
            f"No such subscription: '{call.id}'", status=404, code="resource_missing", param="id"
        )
    with call.books.frozen(call.books.now(subscription["test_clock"])):
        end(call.books, subscription, "cancellation_requested")
    return subscription


def list_subscriptions(call: Call) -> Object:
    """GET /v1/subscriptions; without a status told, those that have not ended."""
    asked = call.params(SubscriptionList)

    def fits(subscription: Object) -> bool:
        status = subscription["status"]
        shown = status not in ENDED if asked.status is UNSET else asked.status in ("all", status)
        if asked.status == "ended":
            shown = status in ENDED
        prices = [item["price"]["id"] for item in subscription["items"]["data"]]
        return shown and (asked.price is UNSET or asked.price in prices)

    return page(call, "subscription", asked, fits, "/v1/subscriptions")


def pay_invoice(call: Call) -> Object:
    """POST /v1/invoices/{id}/pay."""
    call.params(Params)
    invoice = call.books.get("invoice", call.id)
    if invoice["status"] != "open":
        raise StripeError("Invoice is already paid", code="invoice_already_paid")
    subscription = call.books.get("subscription", invoice["_subscription"])
    with call.books.frozen(call.books.now(subscription["test_clock"])):
        if not collect(call.books, invoice):
            raise _declined(kept=True)
        recover(call.books, subscription)
    return invoice


def retry(books: Books, invoice: Object) -> None:
    """Try a renewal's payment again; after the last try the subscription ends."""
    subscription = books.get("subscription", invoice["_subscription"])
    if collect(books, invoice):
        recover(books, subscription)
    elif invoice["next_payment_attempt"] is None and subscription["status"] not in ENDED:
        end(books, subscription, "payment_failed")


def recover(books: Books, subscription: Object) -> None:
    """What was overdue is paid."""
    if subscription["status"] in ("past_due", "incomplete"):
        books.change("customer.subscription.updated", subscription, status="active")


def renew(books: Books, subscription: Object) -> None:
    """A period is over: the next one begins and is billed, or the subscription ends."""
    if subscription["cancel_at_period_end"]:
        end(books, subscription, subscription["cancellation_details"]["reason"])
        return
    items = [dict(item) for item in subscription["items"]["data"]]
    for item in items:
        _next_period(subscription, item)
    lines = [line(books, subscription, item, _amount(item)) for item in items]
    invoice = bill(books, subscription, "subscription_cycle", lines)
    paid = collect(books, invoice)
    books.change(
        "customer.subscription.updated",
        subscription,
        items={**subscription["items"], "data": items},
        latest_invoice=invoice["id"],
        status="active" if paid else "past_due",
    )


def end(books: Books, subscription: Object, reason: str | None) -> None:
    """No more of it."""
    now = books.now()
    subscription |= {
        "canceled_at": subscription["canceled_at"] or now,
        "cancellation_details": {**subscription["cancellation_details"], "reason": reason},
        "ended_at": now,
        "status": "canceled",
    }
    books.put(subscription)
    for invoice in books.all("invoice", subscription["customer"]):
        if invoice["_subscription"] == subscription["id"] and invoice["next_payment_attempt"]:
            books.put(invoice | {"auto_advance": False, "next_payment_attempt": None})
    books.emit("customer.subscription.deleted", subscription)


def expire(books: Books, subscription: Object) -> None:
    """The first payment never came."""
    subscription |= {"ended_at": books.now(), "status": "incomplete_expired"}
    books.put(subscription)
    books.emit("customer.subscription.updated", subscription, {"status": "incomplete"})


def active_price(books: Books, identifier: str) -> Object:
    """A price that can be sold."""
    price = books.get("price", identifier, "price")
    if not price["active"]:
        raise StripeError("The price specified is inactive. This field only accepts active prices.")
    return price


def ends_at(subscription: Object) -> int:
    """When the period of a subscription is over."""
    return min(int(item["current_period_end"]) for item in subscription["items"]["data"])


def switch(books: Books, subscription: Object, price: str, proration: Proration) -> None:
    """Another price for a subscription of one item."""
    change = [ItemChange(id=subscription["items"]["data"][0]["id"], price=price)]
    _switch_items(books, subscription, change, SubscriptionChange(proration_behavior=proration))


def cancel_later(books: Books, subscription: Object, *, wanted: bool) -> None:
    """Let a subscription run out with its period, or not any more."""
    if wanted == subscription["cancel_at_period_end"]:
        return
    reason = "cancellation_requested" if wanted else None
    books.change(
        "customer.subscription.updated",
        subscription,
        cancel_at=ends_at(subscription) if wanted else None,
        cancel_at_period_end=wanted,
        canceled_at=books.now() if wanted else None,
        cancellation_details={**subscription["cancellation_details"], "reason": reason},
    )


def replace_card(books: Books, customer: Object, card: str) -> None:
    """Another card, with which whatever is overdue is tried at once."""
    attach_card(books, customer, card)
    for invoice in books.all("invoice", customer["id"]):
        if invoice["status"] == "open" and invoice["next_payment_attempt"]:
            retry(books, invoice)


def _item(books: Books, subscription: Object, price: Object, quantity: int) -> Object:
    start, recurring = subscription["billing_cycle_anchor"], price["recurring"]
    if recurring is None:
        raise StripeError(
            "The price specified is set to `type=one_time` but this field only accepts prices with "
            "`type=recurring`.",
            param="items[0][price]",
        )
    return books.blank(
        "subscription_item",
        current_period_start=start,
        current_period_end=period_end(start, start, recurring["interval"], recurring["interval_count"]),
        plan=_plan(price),
        price=price,
        quantity=quantity,
        subscription=subscription["id"],
    )


def _plan(price: Object) -> Object:
    """A price in the terms of its forerunner, which items still tell."""
    recurring = price["recurring"]
    return {
        "id": price["id"],
        "object": "plan",
        "active": price["active"],
        "amount": price["unit_amount"],
        "amount_decimal": price["unit_amount_decimal"],
        "billing_scheme": "per_unit",
        "created": price["created"],
        "currency": price["currency"],
        "interval": recurring["interval"],
        "interval_count": recurring["interval_count"],
        "livemode": price["livemode"],
        "metadata": price["metadata"],
        "meter": None,
        "nickname": price["nickname"],
        "product": price["product"],
        "tiers_mode": None,
        "transform_usage": None,
        "trial_period_days": None,
        "usage_type": "licensed",
    }


def _amount(item: Object) -> int:
    return int(item["price"]["unit_amount"] * item["quantity"])


def _next_period(subscription: Object, item: Object) -> None:
    recurring = item["price"]["recurring"]
    start = item["current_period_end"]
    item["current_period_start"] = start
    item["current_period_end"] = period_end(
        subscription["billing_cycle_anchor"], start, recurring["interval"], recurring["interval_count"]
    )


def _switch_items(
    books: Books, subscription: Object, changes: list[ItemChange], wanted: SubscriptionChange
) -> None:
    items = {item["id"]: item for item in subscription["items"]["data"]}
    for change in changes:
        if change.id not in items:
            raise StripeError(
                f"No such subscription item: '{change.id}'", code="resource_missing", param="items[0][id]"
            )
        if change.price is not UNSET and change.price != items[change.id]["price"]["id"]:
            _switch_price(books, subscription, items[change.id], change.price, wanted)


def _switch_price(
    books: Books, subscription: Object, old: Object, price_id: str, wanted: SubscriptionChange
) -> None:
    price, now = active_price(books, price_id), books.now()
    new = {**old, "price": price, "plan": _plan(price)}
    restarts = price["recurring"]["interval"] != old["price"]["recurring"]["interval"]
    lines = list(_prorations(books, subscription, old, new, wanted, restarts=restarts))
    changes: Object = {}
    if restarts:
        new["current_period_start"] = now
        new["current_period_end"] = period_end(
            now, now, price["recurring"]["interval"], price["recurring"]["interval_count"]
        )
        changes["billing_cycle_anchor"] = now
        lines.append(line(books, subscription, new, _amount(new)))
    if subscription["cancel_at_period_end"] and restarts:
        changes["cancel_at"] = new["current_period_end"]
    paid = True
    if lines and (restarts or wanted.proration_behavior == "always_invoice"):
        invoice = bill(books, subscription, "subscription_update", lines)
        changes["latest_invoice"] = invoice["id"]
        paid = collect(books, invoice)
    if not paid and wanted.payment_behavior == "error_if_incomplete":
        raise _declined()
    books.change(
        "customer.subscription.updated",
        subscription,
        **changes,
        items={**subscription["items"], "data": [new]},
        status=subscription["status"] if paid else "past_due",
    )


def _prorations(
    books: Books,
    subscription: Object,
    old: Object,
    new: Object,
    wanted: SubscriptionChange,
    *,
    restarts: bool,
) -> Iterator[Object]:
    if wanted.proration_behavior == "none":
        return
    start, stop = old["current_period_start"], old["current_period_end"]
    moment = books.now() if wanted.proration_date is UNSET else wanted.proration_date
    left = (stop - min(max(moment, start), stop)) / (stop - start)
    yield line(books, subscription, old, -round(_amount(old) * left), proration=True)
    if not restarts:
        yield line(books, subscription, new, round(_amount(new) * left), proration=True)


def _declined(*, kept: bool = False) -> StripeError:
    return StripeError(
        "Your card was declined.", status=402, kind="card_error", code="card_declined", kept=kept
    )
