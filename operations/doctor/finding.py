"""What a look at one thing found."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from provider.errors import ProviderError


class Finding(NamedTuple):
    """One thing that a preview or an update needs."""

    plane: str
    what: str
    """What works; with a problem, what was looked for."""
    problem: str = ""
    """What is missing, and the exact right to grant or step to take."""
    known: bool = True
    """Whether it can be known without writing."""


def tried(plane: str, what: str, look: Callable[[], Any]) -> Finding:
    """Whether a look succeeds; what it says of itself follows what was looked for."""
    try:
        told = look()
    except ProviderError as error:
        return Finding(plane, what, str(error))
    return Finding(plane, f"{what}: {told}")
