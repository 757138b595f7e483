"""The application that one process serves."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import msgspec
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.routing import Mount
from starlette.types import ASGIApp, Lifespan, Receive, Scope, Send

from sandbox.apis import auth
from sandbox.apis.auth import Auth, AuthError
from sandbox.apis.control import Control
from sandbox.apis.gate import MANAGEMENT, PREFIX, Gate, Guard, Traffics
from sandbox.apis.management import Environment, Healthy, Management, RefusedError, refused
from sandbox.apis.platform import Platform
from sandbox.apis.projects import BundleError, Projects
from sandbox.apis.stripe import door
from sandbox.apis.stripe.books import Accounts
from sandbox.apis.stripe.control import Control as StripeControl
from sandbox.apis.stripe.deliveries import Deliveries
from sandbox.apis.stripe.refusals import StripeError
from sandbox.apis.stripe.service import Service
from sandbox.apis.stripe.service import refused as stripe_refused
from sandbox.cluster import Cluster

_REFUSALS = {
    RefusedError: refused,
    BundleError: refused,
    msgspec.DecodeError: refused,
    StripeError: stripe_refused,
}


def application(
    projects: Projects,
    accounts: Accounts,
    token: str,
    *,
    healthy: Healthy,
    environment: Environment,
    cluster: Callable[[], Cluster | None],
) -> Starlette:
    """Every stand-in: Supabase's behind the token, Stripe's behind its accounts' keys, Auth's open to all."""
    traffics, payments, deliveries = Traffics(), Traffics(door.RATE), Deliveries(accounts)
    guard = Middleware(Guard, token=token)
    management = Starlette(
        routes=Management(projects, healthy, environment).routes(),
        middleware=[guard, Middleware(Gate, traffics=traffics, manner=MANAGEMENT)],
        exception_handlers=_REFUSALS,
    )
    stripe = Starlette(
        routes=Service(accounts, deliveries.wake).routes(),
        middleware=[
            Middleware(door.Door, accounts=accounts),
            Middleware(Gate, traffics=payments, manner=door.STRIPE),
        ],
        exception_handlers=_REFUSALS,
    )
    told = [
        Mount(
            "/{ref}/stripe",
            routes=[*StripeControl(accounts, deliveries).routes(), *Control(payments).routes()],
        ),
        Mount("/{ref}", routes=[*Platform(projects, environment).routes(), *Control(traffics).routes()]),
    ]
    people = Starlette(routes=Auth(projects, cluster).routes(), exception_handlers={AuthError: auth.refused})
    control = Starlette(routes=told, middleware=[guard], exception_handlers=_REFUSALS)
    routes = [
        Mount(PREFIX, _ByKey(stripe, management)),
        Mount("/sandbox", control),
        Mount("/auth", people),
    ]
    return Starlette(routes=routes, lifespan=_delivering(accounts, deliveries))


def _delivering(accounts: Accounts, deliveries: Deliveries) -> Lifespan[Starlette]:
    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        for ref in accounts.refs():
            deliveries.wake(ref)  # what a server before this one has left
        yield
        await deliveries.close()

    return lifespan


class _ByKey:
    """Tells two services apart that have a host of their own each in reality."""

    def __init__(self, stripe: ASGIApp, management: ASGIApp) -> None:
        self._stripe = stripe
        self._management = management

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        given = Headers(scope=scope).get("authorization", "").removeprefix("Bearer ")
        app = self._stripe if given.startswith(door.KEYS) else self._management
        await app(scope, receive, send)
