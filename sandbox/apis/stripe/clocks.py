"""Time that is told to pass: that of a test clock's customers, or that of a whole account."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from sandbox.apis.stripe.books import Books, Object
from sandbox.apis.stripe.call import Call, given, page
from sandbox.apis.stripe.checkout import end_session
from sandbox.apis.stripe.forms import Paging, Params
from sandbox.apis.stripe.invoices import DAY
from sandbox.apis.stripe.refusals import StripeError
from sandbox.apis.stripe.subscriptions import ends_at, expire, renew, retry

INCOMPLETE_SECONDS = 23 * 3600
CLOCK_DAYS = 30


class NewClock(Params):
    frozen_time: int
    name: str | None = None


class Advance(Params):
    frozen_time: int


class _Due(NamedTuple):
    moment: int
    item: Object
    act: Callable[[Books, Object], object]


def create_clock(call: Call) -> Object:
    """POST /v1/test_helpers/test_clocks."""
    if call.books.livemode:
        raise StripeError("Test clocks can only be used in test mode.", status=403)
    clock = call.books.blank("test_helpers.test_clock", **given(call.params(NewClock)))
    clock["deletes_after"] = call.books.now() + CLOCK_DAYS * DAY
    return call.books.put(clock)


def list_clocks(call: Call) -> Object:
    """GET /v1/test_helpers/test_clocks."""
    paging = call.params(Paging)
    return page(call, "test_helpers.test_clock", paging, lambda _: True, "/v1/test_helpers/test_clocks")


def advance_clock(call: Call) -> Object:
    """POST /v1/test_helpers/test_clocks/{id}/advance; it has arrived when the answer does."""
    wanted = call.params(Advance)
    clock = call.books.get("test_helpers.test_clock", call.id)
    if wanted.frozen_time <= clock["frozen_time"]:
        raise StripeError("A test clock can only be advanced to a later time.", param="frozen_time")
    _pass(call.books, wanted.frozen_time, call.id)
    return call.books.put(clock | {"frozen_time": wanted.frozen_time})


def advance_account(books: Books, seconds: int) -> int:
    """Let time pass for everybody who has no test clock; tells what time it is then."""
    until = books.now() + seconds
    _pass(books, until, None)
    books.fact_set("ahead", int(books.fact("ahead", 0)) + seconds)
    return until


def _pass(books: Books, until: int, clock: str | None) -> None:
    while True:
        due = min(_all_due(books, clock), key=lambda each: each.moment, default=None)
        if due is None or due.moment > until:
            return
        with books.frozen(due.moment):
            due.act(books, due.item)


def _all_due(books: Books, clock: str | None) -> Iterator[_Due]:
    for subscription in books.all("subscription"):
        if subscription["test_clock"] != clock:
            continue
        if subscription["status"] in ("active", "past_due"):
            yield _Due(ends_at(subscription), subscription, renew)
        elif subscription["status"] == "incomplete":
            yield _Due(subscription["created"] + INCOMPLETE_SECONDS, subscription, expire)
    for invoice in books.all("invoice"):
        if invoice["status"] == "open" and invoice["next_payment_attempt"] and invoice["test_clock"] == clock:
            yield _Due(invoice["next_payment_attempt"], invoice, retry)
    if clock is None:
        for session in books.all("checkout.session"):
            if session["status"] == "open":
                yield _Due(session["expires_at"], session, end_session)
