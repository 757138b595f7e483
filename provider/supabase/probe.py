"""Whether a function answers: asked where its users ask, since the Management API can't tell."""

from __future__ import annotations

import time
from collections.abc import Callable

import httpx

from provider.target import Target

ATTEMPTS = 6
"""A new version is served a moment after it was deployed."""
FIRST_WAIT_SECONDS = 0.2


class Probe:
    """Sends a preflight, which needs no token, makes the function start, and changes nothing."""

    def __init__(self, target: Target, sleep: Callable[[float], None] = time.sleep) -> None:
        self._url = target.functions_url
        self._local = target.kind == "sandbox"
        self._sleep = sleep

    @property
    def possible(self) -> bool:
        """Whether anybody serves functions."""
        return bool(self._url)

    def problem(self, slug: str, *, patient: bool = True) -> str | None:
        """What keeps a function from answering, or None."""
        if not self.possible:
            return None
        for attempt in range(ATTEMPTS if patient else 1):
            if attempt:
                self._sleep(FIRST_WAIT_SECONDS * 2**attempt)
            found = self._ask(slug)
            if found is None:
                return None
        return found

    def _ask(self, slug: str) -> str | None:
        try:
            answer = httpx.options(f"{self._url}/{slug}", timeout=15.0, trust_env=not self._local)
        except httpx.TransportError as error:
            return str(error) or type(error).__name__
        if answer.status_code == httpx.codes.NOT_FOUND or answer.is_server_error:
            return f"{answer.status_code}: {_told(answer)}"
        return None


def _told(answer: httpx.Response) -> str:
    try:
        body = answer.json()
        told = body.get("message") or body["error"]["message"]
    except (ValueError, KeyError, TypeError, AttributeError):
        told = answer.reason_phrase
    return str(told).splitlines()[0][:300]
