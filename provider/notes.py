"""What is told to people beside the differences: what a change will mean, and then how far it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

Teller = Callable[[str], None]

_teller: ContextVar[Teller | None] = ContextVar("teller", default=None)


@dataclass(frozen=True)
class Note:
    """One line about one object; a warning is for what can't be undone, or what an update will refuse."""

    text: str
    warning: bool = False


@contextmanager
def progress_to(teller: Teller) -> Iterator[None]:
    """Within the block, what is done in this thread tells how far it is."""
    token = _teller.set(teller)
    try:
        yield
    finally:
        _teller.reset(token)


def progress(text: str) -> None:
    """Tell how far the operation at hand is; the next line takes the place of this one."""
    if teller := _teller.get():
        teller(text)
