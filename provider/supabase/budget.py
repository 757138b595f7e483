"""The request budget: how much the API still allows, from what its answers tell."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

ROUNDING = 1.5


@dataclass
class _Window:
    left: int
    opens: float


class Budget:
    """Holds a request back while its endpoint's allowance is used up; the API counts each endpoint by itself.

    Others spend of the same allowance, so what the last answer told is believed, less what is under way.
    """

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._windows: dict[str, _Window] = {}
        self._lock = threading.Lock()

    def spend(self, endpoint: str) -> None:
        """Take one request's place, waiting for one where none is left."""
        while wait := self._taken(endpoint):
            self._sleep(wait)

    def learn(self, endpoint: str, headers: Mapping[str, str]) -> None:
        """Note what an answer tells of the allowance, if it does."""
        try:
            left, reset = int(headers["x-ratelimit-remaining"]), float(headers["x-ratelimit-reset"])
        except (KeyError, ValueError):
            return
        with self._lock:
            known = self._windows.get(endpoint)
            opens = self._clock() + reset
            # Answers overtake each other: within a window, told in whole seconds, the smallest is the newest.
            same = known is not None and abs(known.opens - opens) < ROUNDING
            self._windows[endpoint] = _Window(min(left, known.left) if known and same else left, opens)

    def exhaust(self, endpoint: str, seconds: float) -> None:
        """Note that the API refuses an endpoint for a while."""
        with self._lock:
            self._windows[endpoint] = _Window(0, self._clock() + seconds)

    def _taken(self, endpoint: str) -> float:
        """How long to wait before asking again; nothing once a place was taken."""
        with self._lock:
            window = self._windows.get(endpoint)
            now = self._clock()
            if window is None or now >= window.opens:
                self._windows.pop(endpoint, None)
                return 0.0
            if window.left > 0:
                window.left -= 1
                return 0.0
            return window.opens - now
