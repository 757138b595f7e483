"""The application that one process serves."""

from __future__ import annotations

import msgspec
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount

from sandbox.apis.control import Control
from sandbox.apis.gate import PREFIX, Gate, Guard, Traffics
from sandbox.apis.management import Healthy, Management, RefusedError, refused
from sandbox.apis.projects import BundleError, Projects


def application(projects: Projects, token: str, healthy: Healthy) -> Starlette:
    """Every stand-in, behind the token."""
    traffics = Traffics()
    guard, gate = Middleware(Guard, token=token), Middleware(Gate, traffics=traffics)
    refusals = {RefusedError: refused, BundleError: refused, msgspec.DecodeError: refused}
    management = Starlette(
        routes=Management(projects, healthy).routes(), middleware=[guard, gate], exception_handlers=refusals
    )
    control = Starlette(routes=Control(traffics).routes(), middleware=[guard], exception_handlers=refusals)
    return Starlette(routes=[Mount(PREFIX, management), Mount("/sandbox", control)])
