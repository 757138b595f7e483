"""What is owed, and what becomes of it."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from sandbox.apis.stripe.books import Books, Object
from sandbox.apis.stripe.call import Call, Metadata, given, listed, page
from sandbox.apis.stripe.endpoints import Created, within
from sandbox.apis.stripe.forms import Paging, Params
from sandbox.apis.stripe.refusals import StripeError

DAY = 24 * 3600
RETRY_DAYS = (3, 5, 7)
"""How long after a renewal's failed payment it is tried again; after the last try the subscription ends."""


class InvoiceList(Paging):
    created: Created = Created()
    customer: str | UnsetType = UNSET
    status: str | UnsetType = UNSET
    subscription: str | UnsetType = UNSET


class PaymentList(Paging):
    invoice: str | UnsetType = UNSET
    status: str | UnsetType = UNSET


class ChargeList(Paging):
    customer: str | UnsetType = UNSET
    payment_intent: str | UnsetType = UNSET


class NewRefund(Params):
    amount: int | UnsetType = UNSET
    charge: str | UnsetType = UNSET
    metadata: Metadata = msgspec.field(default_factory=dict)
    payment_intent: str | UnsetType = UNSET
    reason: str | None = None


def line(books: Books, subscription: Object, item: Object, amount: int, *, proration: bool = False) -> Object:
    """One line of an invoice."""
    price = item["price"]
    return books.blank(
        "line_item",
        amount=amount,
        subtotal=amount,
        currency=price["currency"],
        description="Unused time" if proration else f"1 × {price['nickname'] or price['id']}",
        invoice=None,
        parent={
            "type": "subscription_item_details",
            "invoice_item_details": None,
            "subscription_item_details": {
                "invoice_item": None,
                "proration": proration,
                "subscription": subscription["id"],
                "subscription_item": item["id"],
                "proration_details": {"credited_items": None},
            },
        },
        period={"start": item["current_period_start"], "end": item["current_period_end"]},
        pricing={
            "type": "price_details",
            "price_details": {"price": price["id"], "product": price["product"]},
            "unit_amount_decimal": str(price["unit_amount"]),
        },
        subscription=subscription["id"],
    )


def bill(books: Books, subscription: Object, reason: str, lines: list[Object]) -> Object:
    """An invoice that is to be paid at once."""
    customer = books.get("customer", subscription["customer"])
    invoice = _drawn_up(books, customer, subscription, reason, sum(each["amount"] for each in lines))
    invoice["lines"] = listed(
        [{**each, "invoice": invoice["id"]} for each in lines], f"/v1/invoices/{invoice['id']}/lines"
    )
    books.put(invoice)
    books.put(
        customer
        | {
            "balance": invoice["ending_balance"],
            "currency": subscription["currency"],
            "next_invoice_sequence": customer["next_invoice_sequence"] + 1,
        }
    )
    books.emit("invoice.created", invoice)
    books.emit("invoice.finalized", invoice)
    return invoice


def _drawn_up(books: Books, customer: Object, subscription: Object, reason: str, total: int) -> Object:
    """An invoice of a total, from which comes off what the customer has paid ahead."""
    now, balance = books.now(), customer["balance"]
    due = max(0, total + balance)
    invoice = books.blank(
        "invoice",
        amount_due=due,
        amount_remaining=due,
        billing_reason=reason,
        currency=subscription["currency"],
        customer=customer["id"],
        customer_email=customer["email"],
        effective_at=now,
        ending_balance=total + balance - due,
        number=f"{customer['invoice_prefix']}-{customer['next_invoice_sequence']:04}",
        parent={
            "type": "subscription_details",
            "quote_details": None,
            "subscription_details": {
                "metadata": subscription["metadata"],
                "subscription": subscription["id"],
            },
        },
        period_start=now,
        period_end=now,
        starting_balance=balance,
        subtotal=total,
        subtotal_excluding_tax=total,
        total=total,
        total_excluding_tax=total,
        test_clock=customer["test_clock"],
        _subscription=subscription["id"],
    )
    invoice["status_transitions"]["finalized_at"] = now
    return invoice


def collect(books: Books, invoice: Object) -> bool:
    """Try to have an invoice paid with the customer's card."""
    if invoice["amount_due"] == 0:
        _settled(books, invoice)
        return True
    customer = books.get("customer", invoice["customer"])
    card = books.find(customer["invoice_settings"]["default_payment_method"] or "")
    declined = "missing_payment_method" if card is None else card["_declines"]
    intent, charge = _attempt(books, invoice, card, declined)
    attempts = invoice["attempt_count"] + 1
    invoice |= {"attempted": True, "attempt_count": attempts}
    if declined:
        _tell_failure(books, intent, charge)
        first = invoice["billing_reason"] == "subscription_create"  # its customer is there, and tries again
        left = () if first else RETRY_DAYS[attempts - 1 : attempts]
        again = books.now() + left[0] * DAY if left else None
        invoice |= {"next_payment_attempt": again, "auto_advance": again is not None}
        books.put(invoice)
        books.emit("invoice.payment_failed", invoice)
        return False
    books.emit("charge.succeeded", charge)
    books.emit("payment_intent.succeeded", intent)
    _settled(books, invoice)
    return True


def list_invoices(call: Call) -> Object:
    """GET /v1/invoices."""
    asked = call.params(InvoiceList)

    def fits(invoice: Object) -> bool:
        alike = asked.status in (UNSET, invoice["status"])
        of_subscription = asked.subscription in (UNSET, invoice["_subscription"])
        return alike and of_subscription and within(invoice["created"], asked.created)

    return page(call, "invoice", asked, fits, "/v1/invoices")


def list_payments(call: Call) -> Object:
    """GET /v1/invoice_payments."""
    asked = call.params(PaymentList)

    def fits(payment: Object) -> bool:
        return all(getattr(asked, name) in (UNSET, payment[name]) for name in ("invoice", "status"))

    return page(call, "invoice_payment", asked, fits, "/v1/invoice_payments")


def list_charges(call: Call) -> Object:
    """GET /v1/charges."""
    asked = call.params(ChargeList)
    return page(
        call,
        "charge",
        asked,
        lambda charge: asked.payment_intent in (UNSET, charge["payment_intent"]),
        "/v1/charges",
    )


def create_refund(call: Call) -> Object:
    """POST /v1/refunds."""
    wanted = call.params(NewRefund)
    charge = _refunded_charge(call.books, wanted)
    left = charge["amount_captured"] - charge["amount_refunded"]
    amount = left if wanted.amount is UNSET else wanted.amount
    if left == 0:
        raise StripeError(f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
    if not 0 < amount <= left:
        raise StripeError(
            f"Refund amount (${amount / 100:.2f}) is greater than unrefunded amount on charge "
            f"(${left / 100:.2f})",
            param="amount",
        )
    refund = call.books.blank(
        "refund",
        **given(wanted, "amount", "charge", "payment_intent"),
        amount=amount,
        charge=charge["id"],
        currency=charge["currency"],
        destination_details={"card": {"type": "refund"}, "type": "card"},
        payment_intent=charge["payment_intent"],
    )
    refund["customer"] = charge["customer"]
    call.books.put(refund)
    refunded = charge["amount_refunded"] + amount
    call.books.change(
        "charge.refunded",
        charge,
        amount_refunded=refunded,
        refunded=refunded == charge["amount_captured"],
    )
    call.books.emit("refund.created", refund)
    return refund


def _refunded_charge(books: Books, wanted: NewRefund) -> Object:
    if isinstance(wanted.charge, str):
        return books.get("charge", wanted.charge, "charge")
    if isinstance(wanted.payment_intent, str):
        intent = books.get("payment_intent", wanted.payment_intent, "payment_intent")
        return books.get("charge", intent["latest_charge"] or "", "payment_intent")
    raise StripeError(
        "One of the following params should be provided for this request: payment_intent or charge."
    )


def _attempt(
    books: Books, invoice: Object, card: Object | None, declined: str | None
) -> tuple[Object, Object]:
    amount, currency = invoice["amount_due"], invoice["currency"]
    shared = {"amount": amount, "currency": currency, "customer": invoice["customer"]}
    charge = books.blank(
        "charge",
        **shared,
        amount_captured=0 if declined else amount,
        captured=declined is None,
        failure_code=declined,
        failure_message="Your card was declined." if declined else None,
        paid=declined is None,
        payment_method=card and card["id"],
        status="failed" if declined else "succeeded",
    )
    intent = books.blank(
        "payment_intent",
        **shared,
        amount_received=0 if declined else amount,
        latest_charge=charge["id"],
        payment_method=None if declined else card and card["id"],
        status="requires_payment_method" if declined else "succeeded",
    )
    charge["payment_intent"] = intent["id"]
    paid_at = None if declined else books.now()
    payment = books.blank(
        "invoice_payment",
        amount_paid=None if declined else amount,
        amount_requested=amount,
        currency=currency,
        invoice=invoice["id"],
        payment={"type": "payment_intent", "payment_intent": intent["id"]},
        status="open" if declined else "paid",
        status_transitions={"canceled_at": None, "paid_at": paid_at},
    )
    for each in (charge, intent, payment):
        books.put(each)
    return intent, charge


def _tell_failure(books: Books, intent: Object, charge: Object) -> None:
    books.emit("charge.failed", charge)
    books.emit("payment_intent.payment_failed", intent)


def _settled(books: Books, invoice: Object) -> None:
    transitions: dict[str, Any] = {**invoice["status_transitions"], "paid_at": books.now()}
    invoice |= {
        "amount_paid": invoice["amount_due"],
        "amount_remaining": 0,
        "attempted": True,
        "auto_advance": False,
        "next_payment_attempt": None,
        "status": "paid",
        "status_transitions": transitions,
    }
    books.put(invoice)
    books.emit("invoice.paid", invoice)
    books.emit("invoice.payment_succeeded", invoice)
