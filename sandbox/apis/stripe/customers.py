"""Who pays, and with what."""

from __future__ import annotations

import msgspec
from msgspec import UNSET, UnsetType

from sandbox.apis.stripe.books import Books, Object
from sandbox.apis.stripe.call import Call, Metadata, given, merged, page
from sandbox.apis.stripe.endpoints import Created, within
from sandbox.apis.stripe.forms import Paging, Params
from sandbox.apis.stripe.refusals import StripeError

CARDS = {
    "pm_card_visa": None,
    "pm_card_chargeCustomerFail": "card_declined",
    "pm_card_chargeDeclinedInsufficientFunds": "insufficient_funds",
}
"""The API's own cards for tests, and why a charge fails on each."""


class NewCustomer(Params):
    description: str | None = None
    email: str | None = None
    metadata: Metadata = msgspec.field(default_factory=dict)
    name: str | None = None
    phone: str | None = None
    test_clock: str | None = None


class CustomerChange(Params):
    description: str | UnsetType | None = UNSET
    email: str | UnsetType | None = UNSET
    metadata: Metadata | UnsetType = UNSET
    name: str | UnsetType | None = UNSET
    phone: str | UnsetType | None = UNSET


class CustomerList(Paging):
    created: Created = Created()
    email: str | UnsetType = UNSET
    test_clock: str | UnsetType = UNSET


def create_customer(call: Call) -> Object:
    """POST /v1/customers."""
    wanted = call.params(NewCustomer)
    if wanted.test_clock is not None:
        call.books.get("test_helpers.test_clock", wanted.test_clock, "test_clock")
    return new_customer(call.books, **given(wanted))


def new_customer(books: Books, **known: object) -> Object:
    """A customer, told of."""
    customer = books.blank("customer", **known)
    customer["metadata"] = merged({}, customer["metadata"])
    customer["invoice_prefix"] = customer["id"][-8:].upper()
    books.put(customer)
    books.emit("customer.created", customer)
    return customer


def change_customer(call: Call) -> Object:
    """POST /v1/customers/{id}."""
    wanted = call.params(CustomerChange)
    customer, changes = call.books.get("customer", call.id), given(wanted)
    if "metadata" in changes:
        changes["metadata"] = merged(customer["metadata"], changes["metadata"])
    return call.books.change("customer.updated", customer, **changes)


def list_customers(call: Call) -> Object:
    """GET /v1/customers."""
    asked = call.params(CustomerList)

    def fits(customer: Object) -> bool:
        alike = all(getattr(asked, name) in (UNSET, customer[name]) for name in ("email", "test_clock"))
        return alike and within(customer["created"], asked.created)

    return page(call, "customer", asked, fits, "/v1/customers")


def attach_card(books: Books, customer: Object, name: str) -> Object:
    """Give a customer one of the cards for tests, with which everything is paid from then on."""
    if name not in CARDS:
        raise StripeError(f"No such PaymentMethod: '{name}'", code="resource_missing", param="card")
    card = books.put(books.blank("payment_method", customer=customer["id"], _declines=CARDS[name]))
    books.emit("payment_method.attached", card)
    settings = {**customer["invoice_settings"], "default_payment_method": card["id"]}
    books.change("customer.updated", customer, invoice_settings=settings)
    return card
