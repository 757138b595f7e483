"""What customers, time and the network do, as the sandbox can be told; the real service has none of this."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.apis.stripe import account, checkout, clocks, portal, subscriptions
from sandbox.apis.stripe.books import Accounts, Books, Plan, told
from sandbox.apis.stripe.deliveries import Deliveries
from sandbox.apis.stripe.refusals import StripeError

T = TypeVar("T")


class _Payment(msgspec.Struct, forbid_unknown_fields=True):
    card: str = "pm_card_visa"


class _Choice(msgspec.Struct, forbid_unknown_fields=True):
    price: str = ""
    card: str = "pm_card_visa"


class _Standing(msgspec.Struct, forbid_unknown_fields=True):
    charges_enabled: bool


class _Passing(msgspec.Struct, forbid_unknown_fields=True):
    seconds: int


class Control:
    """The endpoints below `/sandbox/{ref}/stripe`."""

    def __init__(self, accounts: Accounts, deliveries: Deliveries) -> None:
        self._accounts = accounts
        self._deliveries = deliveries

    def routes(self) -> list[Route]:
        """All of them."""
        return [
            Route("/checkout/{id}", self._acting(_Payment, _complete), methods=["POST"]),
            Route("/portal/{id}/{action}", self._acting(_Choice, _use_portal), methods=["POST"]),
            Route("/customers/{id}/card", self._acting(_Payment, _give_card), methods=["POST"]),
            Route("/account", self._acting(_Standing, _judge), methods=["PUT"]),
            Route("/clock", self._acting(_Passing, _pass_time), methods=["POST"]),
            Route("/plan", self._acting(Plan, _plan), methods=["PUT"]),
            Route("/routes", self._acting(dict[str, str], _route), methods=["PUT"]),
            Route("/deliveries", self.deliveries, methods=["GET"]),
            Route("/deliveries/{id:int}", self.deliver, methods=["POST"]),
        ]

    def _acting(
        self, shape: type[T], act: Callable[[Books, Request, T], Any]
    ) -> Callable[[Request], Awaitable[Response]]:
        async def serve(request: Request) -> Response:
            wanted = msgspec.json.decode(await request.body() or b"{}", type=shape)
            ref = _ref(self._accounts, request)
            with self._accounts.open(ref) as books:
                done = told(act(books, request, wanted))
            self._deliveries.wake(ref)
            return JSONResponse(done)

        return serve

    async def deliveries(self, request: Request) -> Response:
        """Every delivery, in the order of their events."""
        with self._accounts.open(_ref(self._accounts, request)) as books:
            rows = books.database.execute(
                "SELECT id, event, endpoint, attempts, status, done FROM deliveries ORDER BY id"
            ).fetchall()
        names = ("id", "event", "endpoint", "attempts", "status", "done")
        return JSONResponse([dict(zip(names, row, strict=True)) for row in rows])

    async def deliver(self, request: Request) -> Response:
        """Try one delivery now."""
        ref = _ref(self._accounts, request)
        return JSONResponse({"status": await self._deliveries.send(ref, request.path_params["id"])})


def _ref(accounts: Accounts, request: Request) -> str:
    ref: str = request.path_params["ref"]
    if ref not in accounts.refs():
        raise StripeError(f"The sandbox has no account {ref}.", status=404)
    return ref


def _complete(books: Books, request: Request, payment: _Payment) -> Any:
    return checkout.complete(books, request.path_params["id"], payment.card)


def _use_portal(books: Books, request: Request, choice: _Choice) -> Any:
    session, action = request.path_params["id"], request.path_params["action"]
    match action:
        case "cancel":
            return portal.cancel(books, session)
        case "resume":
            return portal.resume(books, session)
        case "price":
            return portal.change_price(books, session, choice.price)
        case "card":
            return portal.change_card(books, session, choice.card)
    raise StripeError(f"The portal has no {action}.", status=404)


def _give_card(books: Books, request: Request, payment: _Payment) -> Any:
    customer = books.get("customer", request.path_params["id"])
    subscriptions.replace_card(books, customer, payment.card)
    return customer


def _judge(books: Books, _: Request, standing: _Standing) -> Any:
    return books.put(account.account(books) | {"charges_enabled": standing.charges_enabled})


def _pass_time(books: Books, _: Request, passing: _Passing) -> Any:
    return {"now": clocks.advance_account(books, passing.seconds)}


def _plan(books: Books, _: Request, plan: Plan) -> Any:
    books.fact_set("plan", msgspec.to_builtins(plan))
    return {}


def _route(books: Books, _: Request, routes: dict[str, str]) -> Any:
    books.fact_set("routes", routes)
    return {}
