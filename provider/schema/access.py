"""The shapes of who may do what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from provider.schema.shape import Part


class Caller(Part, frozen=True, kw_only=True):
    """Somebody who comes through the API."""

    name: str
    role: str
    signed_in: bool = False
    """Whether the caller is a user, with an account of its own."""
    claims: dict[str, Any] = msgspec.field(default_factory=dict)
    """What the token tells beyond whose it is."""
    made: list[str] = msgspec.field(default_factory=list)
    """Statements of the owner that make the user what it is; `%(user)s` stands for its id."""


class Cell(NamedTuple):
    """One thing that somebody might do."""

    caller: str
    """A caller's name, or a role's where a grant alone decides."""
    object: str
    """`<kind> <identifier>`, e.g. `table public.profiles` or `function public.f(uuid)`."""
    command: str
    row: str = ""
    """Whose row it is about: `own`, `other` (another user's), `any` (nobody's) or `some` (whichever there
    is); and what was changed in it, e.g. `any, is_active false`."""
    column: str = ""

    def __str__(self) -> str:
        return " / ".join(part for part in self if part)


Table = Mapping[Cell, str]
"""What came of each: `allowed`, `denied`, `no row` (none that the caller could reach), `ignored` (no error
and no change), or `stopped` and `untried` with an SQLSTATE. A call tells what it changed, too."""


class Rule(Part, frozen=True, kw_only=True):
    """What must come of every cell that it meets; `*` in a pattern stands for anything."""

    caller: list[str] = msgspec.field(default_factory=lambda: ["*"])
    object: list[str] = msgspec.field(default_factory=lambda: ["*"])
    command: list[str] = msgspec.field(default_factory=lambda: ["*"])
    row: list[str] = msgspec.field(default_factory=lambda: ["*"])
    column: list[str] = msgspec.field(default_factory=lambda: ["*"])
    outcome: str
