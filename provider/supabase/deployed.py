"""What one project serves: listed once, and after a change known from its own answer."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from provider.supabase.management import LiveFunction, Management

T = TypeVar("T")


class Deployed:
    """The live functions and secrets of one project.

    `before_change` is called ahead of each change: whoever changes anything must have kept other updates out.
    """

    def __init__(self, management: Management, before_change: Callable[[], None]) -> None:
        self.management = management
        self.before_change = before_change
        self._functions = _Listing(management.functions)
        self._secrets = _Listing(management.secrets)

    def functions(self) -> dict[str, LiveFunction]:
        """Every live function, by slug."""
        return self._functions.all()

    def secrets(self) -> dict[str, str]:
        """Every live secret's digest, by name."""
        return self._secrets.all()

    def note_function(self, slug: str, live: LiveFunction | None) -> None:
        """Remember what became of a function."""
        self._functions.note(slug, live)

    def note_secret(self, name: str, digest: str | None) -> None:
        """Remember what became of a secret."""
        self._secrets.note(name, digest)


class _Listing(Generic[T]):
    """A list that is asked for once, by whoever needs it first."""

    def __init__(self, ask: Callable[[], dict[str, T]]) -> None:
        self._ask = ask
        self._known: dict[str, T] | None = None
        self._lock = threading.Lock()

    def all(self) -> dict[str, T]:
        with self._lock:
            if self._known is None:
                self._known = self._ask()
            return self._known

    def note(self, name: str, live: T | None) -> None:
        known = self.all()
        with self._lock:
            self._known = {key: value for key, value in known.items() if key != name}
            if live is not None:
                self._known[name] = live
