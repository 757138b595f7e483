"""The Management API's rate limit: so many requests a minute, for each endpoint of each project."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Rate:
    """What is allowed within a window that opens with its first request."""

    requests: int = 120
    seconds: float = 60.0


@dataclass
class _Window:
    opened: float
    taken: int = 0


@dataclass
class Limiter:
    """Counts the requests of one project."""

    rate: Rate = field(default_factory=Rate)
    clock: Callable[[], float] = time.monotonic
    _windows: dict[str, _Window] = field(default_factory=dict)

    def take(self, endpoint: str) -> tuple[bool, dict[str, str]]:
        """Whether one more request is allowed, and the headers that tell how many are left."""
        now = self.clock()
        window = self._windows.get(endpoint)
        if window is None or now - window.opened >= self.rate.seconds:
            window = self._windows[endpoint] = _Window(now)
        window.taken += 1
        left = self.rate.requests - window.taken
        reset = max(1, round(window.opened + self.rate.seconds - now))
        return left >= 0, {
            "x-ratelimit-limit": str(self.rate.requests),
            "x-ratelimit-remaining": str(max(0, left)),
            "x-ratelimit-reset": str(reset),
        }
