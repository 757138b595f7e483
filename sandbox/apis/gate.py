"""What every request passes: the token, the rate limit, and the faults that the stand-in was told to have."""

from __future__ import annotations

import hmac
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.apis.faults import Failing, Fault, Plan
from sandbox.apis.limits import Limiter, Rate

PREFIX = "/v1"


@dataclass
class Traffic:
    """What is going on in one project."""

    limiter: Limiter = field(default_factory=Limiter)
    failing: Failing = field(default_factory=lambda: Failing(Plan()))
    log: deque[tuple[str, int]] = field(default_factory=lambda: deque(maxlen=100_000))
    """Each request's endpoint and status; 0 for one that got no answer."""


@dataclass
class Traffics:
    """The traffic of every project, since the server was started."""

    rate: Rate = field(default_factory=Rate)
    by_ref: dict[str, Traffic] = field(default_factory=dict)

    def of(self, ref: str) -> Traffic:
        """One project's."""
        return self.by_ref.setdefault(ref, Traffic(Limiter(self.rate)))


@dataclass(frozen=True)
class Manner:
    """How an API speaks of its requests."""

    named: Callable[[Scope], tuple[str, str]]
    """A request's project, and its endpoint."""
    refusal: Callable[[int, str], Response]
    limited: str
    """What is said to whoever asks too often."""
    tells_limits: bool


class Guard:
    """Lets those through who know the token."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app = app
        self._token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        given = Headers(scope=scope).get("authorization", "").removeprefix("Bearer ")
        known = hmac.compare_digest(given.encode(), self._token.encode())
        await (self._app if known else refusal(401, "Unauthorized"))(scope, receive, send)


class Gate:
    """Lets a request through to the API, or not."""

    def __init__(self, app: ASGIApp, traffics: Traffics, manner: Manner) -> None:
        self._app = app
        self._traffics = traffics
        self._manner = manner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        ref, endpoint = self._manner.named(scope)
        traffic = self._traffics.of(ref)
        allowed, told = traffic.limiter.take(endpoint)
        reply = _Reply(send, told if self._manner.tells_limits else {}, traffic, endpoint)
        if not allowed:
            await self._manner.refusal(429, self._manner.limited)(scope, receive, reply)
        elif fault := traffic.failing.take(endpoint):
            await self._fail(fault, scope, receive, reply)
        else:
            await self._app(scope, receive, reply)

    async def _fail(self, fault: Fault, scope: Scope, receive: Receive, reply: _Reply) -> None:
        answer = _Recorded()
        if fault.applied or fault.kind == "cut":
            await self._app(scope, receive, answer)
        if fault.kind == "cut":
            await answer.send_half(reply)
        elif fault.kind == "timeout":
            reply.unanswered()
            while (await receive())["type"] != "http.disconnect":
                pass
        else:
            failure = self._manner.refusal(fault.status, f"The sandbox was told to answer {fault.status}")
            if fault.retry_after is not None:
                failure.headers["retry-after"] = str(fault.retry_after)
            await failure(scope, receive, reply)


def named(method: str, path: str) -> tuple[str, str]:
    """A request's project, and its endpoint with a star in place of a function's name."""
    _, ref, *rest = [*path.removeprefix(f"{PREFIX}/").split("/"), ""]
    rest = [part for part in rest if part]
    if rest[:1] == ["functions"] and rest[1:] and rest[1] != "deploy":
        rest[1] = "*"
    return ref, f"{method} {'/'.join(rest) or ('project' if ref else 'projects')}"


class _Reply:
    """Sends an answer with the rate limit's headers, and notes its status."""

    def __init__(self, send: Send, told: dict[str, str], traffic: Traffic, endpoint: str) -> None:
        self._send = send
        self._told = told
        self._traffic = traffic
        self._endpoint = endpoint

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).update(self._told)
            self._traffic.log.append((self._endpoint, message["status"]))
        await self._send(message)

    def unanswered(self) -> None:
        """Note a request that gets no answer."""
        self._traffic.log.append((self._endpoint, 0))


class _Recorded:
    """An answer that was made and not sent."""

    def __init__(self) -> None:
        self._start: Message = {}
        self._body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
        else:
            self._body += message.get("body", b"")

    async def send_half(self, send: Send) -> None:
        """Announce the whole and break off; the server closes a connection whose answer is not complete."""
        MutableHeaders(scope=self._start)["content-length"] = str(max(2, len(self._body)))
        await send(self._start)
        await send(
            {"type": "http.response.body", "body": self._body[: len(self._body) // 2], "more_body": True}
        )


def refusal(status: int, message: str) -> JSONResponse:
    """An error as the Management API tells it."""
    return JSONResponse({"message": message}, status)


MANAGEMENT = Manner(
    named=lambda scope: named(scope["method"], scope["path"]),
    refusal=refusal,
    limited="ThrottlerException: Too Many Requests",
    tells_limits=True,
)
