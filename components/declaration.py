"""An object with the phases in which it exists."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from provider.schema.shape import Shape


class Wire(NamedTuple):
    """What one object needs of another and nobody knows before that is there."""

    key: str
    output: str


@dataclass(frozen=True)
class Declaration:
    """One object through all phases."""

    versions: Mapping[int, Shape]
    """The object as it is from each phase on; before the first it does not exist."""
    until: int | None = None
    """The phase that retires it; None keeps it for good."""
    after: tuple[str, ...] = ()
    """Keys of objects that must be there first and that the shape itself does not tell."""
    wires: Mapping[str, Wire | tuple[Wire, ...]] = field(default_factory=dict)
    """Properties that get an output of another object, or a list of such: by their name on the wire."""
    kept: bool = False
    """Whether it stays on the way back, since what stays there needs it."""
    stub: bool = False
    """Whether on the way back something stays in its place that tells callers to try again."""

    @property
    def key(self) -> str:
        """`<token>::<id>`, the same in every version."""
        return key_of(self.first)

    @property
    def first(self) -> Shape:
        """The object as it first was."""
        return self.versions[min(self.versions)]

    @property
    def passes(self) -> bool:
        """Whether there is a phase in which the object must not be there."""
        return self.until is not None or min(self.versions) > 0

    def at(self, phase: int) -> Shape | None:
        """The object at a phase, or None where it does not exist: not yet, or not any more."""
        if self.until is not None and phase >= self.until:
            return None
        reached = [since for since in self.versions if since <= phase]
        return self.versions[max(reached)] if reached else None


def key_of(shape: Shape) -> str:
    """What names an object across all kinds."""
    return f"{shape.token}::{shape.id}"


def since(
    phase: int,
    shape: Shape,
    *,
    until: int | None = None,
    after: tuple[str, ...] = (),
    wires: Mapping[str, Wire | tuple[Wire, ...]] | None = None,
    kept: bool = False,
) -> Declaration:
    """An object that is the same from one phase on."""
    return Declaration({phase: shape}, until, after, wires or {}, kept)
