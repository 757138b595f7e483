"""The API: which endpoint answers what, for whom, and once for each idempotency key."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.apis.stripe import (
    account,
    catalog,
    checkout,
    clocks,
    customers,
    endpoints,
    invoices,
    portal,
    subscriptions,
)
from sandbox.apis.stripe.books import ALPHABET, API_VERSION, Accounts, Books, Object, told
from sandbox.apis.stripe.call import Call, Endpoint, retrieve
from sandbox.apis.stripe.forms import parse
from sandbox.apis.stripe.refusals import StripeError

EXPAND_DEPTH = 4

ENDPOINTS: dict[tuple[str, str], Endpoint] = {
    ("GET", "account"): account.retrieve_account,
    ("GET", "products"): catalog.list_products,
    ("POST", "products"): catalog.create_product,
    ("GET", "products/{id}"): retrieve("product"),
    ("POST", "products/{id}"): catalog.change_product,
    ("DELETE", "products/{id}"): catalog.delete_product,
    ("GET", "prices"): catalog.list_prices,
    ("POST", "prices"): catalog.create_price,
    ("GET", "prices/{id}"): retrieve("price"),
    ("POST", "prices/{id}"): catalog.change_price,
    ("GET", "webhook_endpoints"): endpoints.list_endpoints,
    ("POST", "webhook_endpoints"): endpoints.create_endpoint,
    ("GET", "webhook_endpoints/{id}"): retrieve("webhook_endpoint"),
    ("POST", "webhook_endpoints/{id}"): endpoints.change_endpoint,
    ("DELETE", "webhook_endpoints/{id}"): endpoints.delete_endpoint,
    ("GET", "events"): endpoints.list_events,
    ("GET", "events/{id}"): retrieve("event"),
    ("GET", "billing_portal/configurations"): portal.list_configurations,
    ("POST", "billing_portal/configurations"): portal.create_configuration,
    ("GET", "billing_portal/configurations/{id}"): retrieve("billing_portal.configuration"),
    ("POST", "billing_portal/configurations/{id}"): portal.change_configuration,
    ("POST", "billing_portal/sessions"): portal.create_session,
    ("GET", "customers"): customers.list_customers,
    ("POST", "customers"): customers.create_customer,
    ("GET", "customers/{id}"): retrieve("customer"),
    ("POST", "customers/{id}"): customers.change_customer,
    ("GET", "checkout/sessions"): checkout.list_sessions,
    ("POST", "checkout/sessions"): checkout.create_session,
    ("GET", "checkout/sessions/{id}"): retrieve("checkout.session"),
    ("POST", "checkout/sessions/{id}/expire"): checkout.expire_session,
    ("GET", "subscriptions"): subscriptions.list_subscriptions,
    ("POST", "subscriptions"): subscriptions.create_subscription,
    ("GET", "subscriptions/{id}"): retrieve("subscription"),
    ("POST", "subscriptions/{id}"): subscriptions.change_subscription,
    ("DELETE", "subscriptions/{id}"): subscriptions.cancel_subscription,
    ("GET", "invoices"): invoices.list_invoices,
    ("GET", "invoices/{id}"): retrieve("invoice"),
    ("POST", "invoices/{id}/pay"): subscriptions.pay_invoice,
    ("GET", "invoice_payments"): invoices.list_payments,
    ("GET", "payment_intents/{id}"): retrieve("payment_intent"),
    ("GET", "charges"): invoices.list_charges,
    ("GET", "charges/{id}"): retrieve("charge"),
    ("POST", "refunds"): invoices.create_refund,
    ("GET", "refunds/{id}"): retrieve("refund"),
    ("GET", "test_helpers/test_clocks"): clocks.list_clocks,
    ("POST", "test_helpers/test_clocks"): clocks.create_clock,
    ("GET", "test_helpers/test_clocks/{id}"): retrieve("test_helpers.test_clock"),
    ("POST", "test_helpers/test_clocks/{id}/advance"): clocks.advance_clock,
}
"""What is served below `/v1`."""


class Service:
    """The endpoints of all accounts; `wake` gets an account's ref once something may be delivered."""

    def __init__(self, accounts: Accounts, wake: Callable[[str], None]) -> None:
        self._accounts = accounts
        self._wake = wake

    def routes(self) -> list[Route]:
        """Every endpoint below `/v1`, and an answer for whatever is none."""
        served = [
            Route(f"/{path}", self._serving(endpoint), methods=[method])
            for (method, path), endpoint in ENDPOINTS.items()
        ]
        return [*served, Route("/{path:path}", self._unknown, methods=["GET", "POST", "DELETE"])]

    def _serving(self, endpoint: Endpoint) -> Callable[[Request], Any]:
        async def serve(request: Request) -> Response:
            _check_version(request)
            body = await request.body()
            query = request.url.query if request.method == "GET" else body.decode()
            return self._answer(request, endpoint, parse(parse_qsl(query, keep_blank_values=True)))

        return serve

    def _answer(self, request: Request, endpoint: Endpoint, data: dict[str, Any]) -> Response:
        key = request.headers.get("idempotency-key") if request.method == "POST" else None
        asked = msgspec.json.encode([request.method, request.url.path, data], order="sorted").decode()
        request_id = "req_" + "".join(secrets.choice(ALPHABET) for _ in range(14))
        ref: str = request.scope["account"]
        with self._accounts.open(ref) as books:
            if key is not None and (known := books.answer(key)):
                return _repeated(known, asked, key, request_id)
            books.cause = {"id": request_id, "idempotency_key": key}
            call = Call(books, data, request.path_params.get("id", ""), str(request.base_url).rstrip("/"))
            try:
                status, content = 200, _expanded(books, endpoint(call), data.get("expand") or [])
            except StripeError as refusal:
                if not refusal.kept:
                    raise  # with all that was done
                status, content = refusal.status, refusal.body()
            encoded = msgspec.json.encode(content)
            if key is not None:
                books.answered(key, asked, status, encoded)
        self._wake(ref)
        return _response(encoded, status, request_id)

    async def _unknown(self, request: Request) -> Response:
        raise StripeError(
            f"Unrecognized request URL ({request.method}: {request.url.path}). The sandbox has the endpoints "
            "that this project uses.",
            status=404,
        )


async def refused(_: Request, error: Exception) -> Response:
    """The answer to a request that can't be granted."""
    assert isinstance(error, StripeError)
    return _response(msgspec.json.encode(error.body()), error.status, None)


def _check_version(request: Request) -> None:
    version = request.headers.get("stripe-version", API_VERSION)
    if version != API_VERSION:
        raise StripeError(f"Invalid Stripe API version: {version}. The sandbox speaks {API_VERSION} alone.")


def _repeated(known: tuple[str, int, bytes], asked: str, key: str, request_id: str) -> Response:
    before, status, body = known
    if before != asked:
        raise StripeError(
            "Keys for idempotent requests can only be used with the same parameters they were first used "
            f"with. Try using a key other than '{key}' if you meant to execute a different request.",
            kind="idempotency_error",
        )
    response = _response(body, status, request_id)
    response.headers["idempotent-replayed"] = "true"
    return response


def _response(body: bytes, status: int, request_id: str | None) -> Response:
    headers = {"stripe-version": API_VERSION} | ({"request-id": request_id} if request_id else {})
    return Response(body, status, headers, "application/json")


def _expanded(books: Books, answer: Object, paths: list[str]) -> Object:
    for path in paths:
        parts = path.split(".")
        if len(parts) > EXPAND_DEPTH + (parts[0] == "data"):
            raise StripeError(
                f"You cannot expand more than {EXPAND_DEPTH} levels of a property.", param="expand"
            )
        _expand(books, answer, parts, path)
    return told(answer)  # type: ignore[no-any-return]  # an object in, an object out


def _expand(books: Books, node: Any, parts: list[str], path: str) -> None:
    if isinstance(node, list):
        for each in node:
            _expand(books, each, parts, path)
    elif parts and isinstance(node, dict):
        name, *rest = parts
        if name not in node and f"_{name}" in node:
            node[name] = node[f"_{name}"]
        if name not in node:
            raise StripeError(
                f"This property cannot be expanded ({path}).", code="property_not_expandable", param="expand"
            )
        if isinstance(node[name], str):
            node[name] = books.find(node[name]) or node[name]
        _expand(books, node[name], rest, path)
