"""The page where a customer pays for the first time."""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from sandbox.apis.stripe.books import Books, Object
from sandbox.apis.stripe.call import Call, Metadata, given, merged, page
from sandbox.apis.stripe.customers import attach_card, new_customer
from sandbox.apis.stripe.forms import Paging, Params
from sandbox.apis.stripe.refusals import StripeError
from sandbox.apis.stripe.subscriptions import active_price, subscribe

DAY = 24 * 3600


class LineItem(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    price: str
    quantity: int = 1


class SubscriptionData(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    metadata: Metadata = msgspec.field(default_factory=dict)


class NewSession(Params):
    line_items: list[LineItem]
    mode: Literal["subscription"]
    success_url: str
    allow_promotion_codes: bool | None = None
    cancel_url: str | None = None
    client_reference_id: str | None = None
    customer: str | None = None
    customer_email: str | None = None
    expires_at: int | UnsetType = UNSET
    metadata: Metadata = msgspec.field(default_factory=dict)
    subscription_data: SubscriptionData = SubscriptionData()


class SessionList(Paging):
    customer: str | UnsetType = UNSET
    status: str | UnsetType = UNSET
    subscription: str | UnsetType = UNSET


def create_session(call: Call) -> Object:
    """POST /v1/checkout/sessions."""
    wanted = call.params(NewSession)
    if wanted.customer and wanted.customer_email:
        raise StripeError("You may only specify one of these parameters: customer, customer_email.")
    if wanted.customer:
        call.books.get("customer", wanted.customer, "customer")
    prices = [active_price(call.books, item.price) for item in wanted.line_items]
    if any(price["type"] != "recurring" for price in prices):
        raise StripeError(
            "You must provide at least one recurring price in `subscription` mode when using prices."
        )
    now = call.books.now()
    amount = sum(
        price["unit_amount"] * item.quantity for price, item in zip(prices, wanted.line_items, strict=True)
    )
    session = call.books.blank(
        "checkout.session",
        **given(wanted, "line_items", "subscription_data", "expires_at"),
        amount_subtotal=amount,
        amount_total=amount,
        currency=prices[0]["currency"],
        customer_creation=None if wanted.customer else "always",
        expires_at=now + DAY if wanted.expires_at is UNSET else wanted.expires_at,
        total_details={"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        _items=[[item.price, item.quantity] for item in wanted.line_items],
        _metadata=merged({}, wanted.subscription_data.metadata),
    )
    mode = "live" if call.books.livemode else "test"
    session["id"] = session["id"].replace("cs_", f"cs_{mode}_")
    session["metadata"] = merged({}, wanted.metadata)
    session["url"] = f"{call.host}/checkout/{session['id']}"
    return call.books.put(session)


def list_sessions(call: Call) -> Object:
    """GET /v1/checkout/sessions."""
    asked = call.params(SessionList)

    def fits(session: Object) -> bool:
        return all(getattr(asked, name) in (UNSET, session[name]) for name in ("status", "subscription"))

    return page(call, "checkout.session", asked, fits, "/v1/checkout/sessions")


def expire_session(call: Call) -> Object:
    """POST /v1/checkout/sessions/{id}/expire."""
    call.params(Params)
    session = call.books.get("checkout.session", call.id)
    if session["status"] != "open":
        raise StripeError('Only Checkout Sessions with a status in ["open"] can be expired.')
    return end_session(call.books, session)


def end_session(books: Books, session: Object) -> Object:
    """Nobody can pay there any more."""
    books.put(session | {"status": "expired", "url": None})
    session = books.get("checkout.session", session["id"])
    books.emit("checkout.session.expired", session)
    return session


def complete(books: Books, identifier: str, card: str) -> Object:
    """What a customer does there: give a card, and pay. A card that is declined leaves the page open."""
    session = books.get("checkout.session", identifier)
    if session["status"] != "open":
        raise StripeError(f"The session is {session['status']}, and nobody can pay there any more.")
    if session["customer"]:
        customer = books.get("customer", session["customer"])
    else:
        customer = new_customer(books, email=session["customer_email"])
    attach_card(books, customer, card)
    prices = [(active_price(books, price), quantity) for price, quantity in session["_items"]]
    subscription, paid = subscribe(books, customer, prices, session["_metadata"])
    if not paid:
        raise StripeError("Your card was declined.", status=402, kind="card_error", code="card_declined")
    session |= {
        "customer": customer["id"],
        "customer_details": {
            "address": None,
            "business_name": None,
            "email": customer["email"],
            "individual_name": None,
            "name": customer["name"],
            "phone": None,
            "tax_exempt": "none",
            "tax_ids": [],
        },
        "invoice": subscription["latest_invoice"],
        "payment_status": "paid",
        "status": "complete",
        "subscription": subscription["id"],
        "url": None,
    }
    books.put(session)
    books.emit("checkout.session.completed", session)
    return session
