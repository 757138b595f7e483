"""Checks that ask functions where their users ask."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from provider.schema.rollout import Asked, Check
from provider.target import Target

TOKEN_SECONDS = 60
TIMEOUT_SECONDS = 30.0


def run(target: Target, check: Check) -> str | None:
    """Send all requests of a check; returns what was seen and what was wanted, or None where all is so.

    Where nobody serves functions nobody can be asked, as on a sandbox without Deno.
    """
    return next(_problems(target, check.asked), None) if target.functions_url else None


def _problems(target: Target, requests: list[Asked]) -> Iterator[str]:
    secret = target.secrets["jwtSecret"]
    for asked in requests:
        # A project that signs with a key of its own gives nobody a way to speak for its service.
        if not asked.service or secret:
            yield from _differences(asked, *_answer(target, asked, secret))


def _answer(target: Target, asked: Asked, secret: str) -> tuple[int | str, Any]:
    import httpx  # not every process asks

    try:
        answer = httpx.post(
            f"{target.functions_url}/{asked.function}",
            json=asked.input,
            headers={"authorization": f"Bearer {_service(secret)}"} if asked.service else {},
            timeout=TIMEOUT_SECONDS,
            trust_env=target.kind == "hosted",
        )
    except httpx.TransportError as error:
        return type(error).__name__, None
    try:
        return answer.status_code, answer.json()
    except ValueError:
        return answer.status_code, None


def _differences(asked: Asked, status: int | str, body: Any) -> Iterator[str]:
    if status != asked.status:
        yield f"saw {asked.function} answer {status}, wanted {asked.status}"
        return
    for path, wanted in asked.holds.items():
        if (seen := _at(body, path)) != wanted:
            yield f"saw {path} {seen!r} of {asked.function}, wanted {wanted!r}"
    for path, least in asked.least.items():
        seen = _at(body, path)
        if not isinstance(seen, int) or seen < least:
            yield f"saw {path} {seen!r} of {asked.function}, wanted {least} at least"


def _at(body: Any, path: str) -> Any:
    for name in path.split("."):
        body = body.get(name) if isinstance(body, Mapping) else None
    return body


def _service(secret: str) -> str:
    """A token by which the project's own service is known, for a moment."""
    claims = {"role": "service_role", "exp": int(time.time()) + TOKEN_SECONDS}
    signed = b".".join(_encoded(part) for part in ({"alg": "HS256", "typ": "JWT"}, claims))
    signature = hmac.new(secret.encode(), signed, hashlib.sha256).digest()
    return b".".join([signed, _plain(signature)]).decode()


def _encoded(part: Mapping[str, Any]) -> bytes:
    return _plain(msgspec.json.encode(part))


def _plain(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")
