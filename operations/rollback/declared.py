"""Declared objects brought back one by one, beside Pulumi: the next update finds them as it makes them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from components.declaration import key_of
from components.rollout import declarations
from provider.plane import Planes
from provider.schema.shape import Shape
from settings import Settings


def declared(settings: Settings, chosen: Callable[[Shape], bool]) -> Iterator[Shape]:
    """The objects of the settings' phase that are wanted, in the program's order."""
    shapes = (declaration.at(settings.phase) for _, declaration in declarations(settings))
    yield from (shape for shape in shapes if shape and chosen(shape))


def bring_back(planes: Planes, shapes: Iterable[Shape]) -> Iterator[str]:
    """Make each live object what is declared; yields the keys of those that were not."""
    for shape in shapes:
        kind = planes.kinds[shape.token]
        wanted = kind.check(shape)
        live = kind.read(wanted.id, wanted)
        if live is None:
            kind.create(wanted)
        elif kind.diff(live, wanted):
            kind.update(live, wanted)
        else:
            continue
        yield key_of(shape)


def told(done: Iterable[str], nothing: str) -> str:
    """What was brought back, for people."""
    lines = [f"Brought back {key.removeprefix('voip:postgres:')}" for key in done]
    return "\n".join(lines or [nothing])
