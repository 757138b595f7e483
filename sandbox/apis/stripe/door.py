"""Who may ask, and how often."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from sandbox.apis.gate import PREFIX, Manner
from sandbox.apis.limits import Rate
from sandbox.apis.stripe.books import Accounts
from sandbox.apis.stripe.refusals import StripeError

KEYS = ("sk_", "rk_")
RATE = Rate(requests=25, seconds=1)


class Door:
    """Lets those in who show an account's key."""

    def __init__(self, app: ASGIApp, accounts: Accounts) -> None:
        self._app = app
        self._accounts = accounts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        key = Headers(scope=scope).get("authorization", "").removeprefix("Bearer ")
        ref = self._accounts.by_key(key)
        if ref is None:
            shown = f"{key[:8]}{'*' * 12}{key[-4:]}"
            await _refusal(401, f"Invalid API Key provided: {shown}")(scope, receive, send)
            return
        scope["account"] = ref
        await self._app(scope, receive, send)


def named(scope: Scope) -> tuple[str, str]:
    """A request's account, and its endpoint with a star in place of an ID."""
    parts = scope["path"].removeprefix(f"{PREFIX}/").split("/")
    return scope["account"], f"{scope['method']} {'/'.join('*' if _is_id(part) else part for part in parts)}"


def _is_id(part: str) -> bool:
    return any(each.isdigit() or each.isupper() for each in part)


def _refusal(status: int, message: str) -> Response:
    code = {429: "rate_limit", 409: "lock_timeout"}.get(status)
    kind = "api_error" if status >= 500 else "invalid_request_error"
    body = StripeError(message, status=status, code=code, kind=kind).body()
    headers = {"stripe-rate-limited-reason": "endpoint-rate"} if status == 429 else {}
    return JSONResponse(body, status, headers)


STRIPE = Manner(
    named=named,
    refusal=_refusal,
    limited="Request rate limit exceeded. Learn more about rate limits here "
    "https://stripe.com/docs/rate-limits.",
    tells_limits=False,
)
