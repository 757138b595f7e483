"""What the sandbox can be told, and tells, of its stand-ins; the real services have none of this."""

from __future__ import annotations

from collections import Counter

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.apis.faults import Failing, Plan
from sandbox.apis.gate import Traffics
from sandbox.apis.limits import Limiter, Rate


class Control:
    """The endpoints below `/sandbox/{ref}`, and below `/sandbox/{ref}/stripe` those of the other traffic."""

    def __init__(self, traffics: Traffics) -> None:
        self._traffics = traffics

    def routes(self) -> list[Route]:
        """All of them."""
        return [
            Route("/faults", self.fail, methods=["PUT"]),
            Route("/faults", self.failed, methods=["GET"]),
            Route("/rate", self.limit, methods=["PUT"]),
            Route("/requests", self.requests, methods=["GET"]),
            Route("/requests", self.forget, methods=["DELETE"]),
        ]

    async def fail(self, request: Request) -> Response:
        plan = msgspec.json.decode(await request.body(), type=Plan)
        self._traffics.of(request.path_params["ref"]).failing = Failing(plan)
        return Response(status_code=204)

    async def failed(self, request: Request) -> Response:
        return JSONResponse(self._traffics.of(request.path_params["ref"]).failing.made)

    async def limit(self, request: Request) -> Response:
        rate = msgspec.json.decode(await request.body(), type=Rate)
        self._traffics.of(request.path_params["ref"]).limiter = Limiter(rate)
        return Response(status_code=204)

    async def requests(self, request: Request) -> Response:
        log = self._traffics.of(request.path_params["ref"]).log
        counted = Counter(log)
        return JSONResponse(
            [
                {"endpoint": endpoint, "status": status, "count": count}
                for (endpoint, status), count in sorted(counted.items())
            ]
        )

    async def forget(self, request: Request) -> Response:
        self._traffics.of(request.path_params["ref"]).log.clear()
        return Response(status_code=204)
