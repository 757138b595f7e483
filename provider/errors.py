"""What a provider can refuse.

ProviderError            one sentence for the user: what is, what is wanted, what to do
├── PropertyError        the same, about one input property
└── NotAsWantedError     a change was made and its object is still not right
"""

from __future__ import annotations

from provider.schema.shape import Shape


class ProviderError(Exception):
    """A refusal; its text reaches the user as it stands."""


class PropertyError(ProviderError):
    """A refusal of one input; `path` is the property's path."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(message)
        self.path = path


class NotAsWantedError(ProviderError):
    """A change was made, and its object is still not right; `live` is what it is now."""

    def __init__(self, live: Shape, message: str) -> None:
        super().__init__(message)
        self.live = live
