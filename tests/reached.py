"""A database led to a phase by the provider's kinds alone: what an update does, without an engine."""

from __future__ import annotations

from collections.abc import Iterator

from components.audit import DROPS
from components.domain import retirements
from components.rollout import DOMAINS, declarations
from operations.printed import FILE
from provider.printed import Printed
from provider.schema.postgres import Backfill
from provider.schema.shape import Shape
from sandbox import databases
from settings import PROJECT, Settings, load_settings
from tests.provider.cases import kinds_on

PRINTED = Printed.load(FILE)
CONSENTS = tuple(drop.consent for drop in DROPS)


def settings_of(phase: int, *flags: str) -> Settings:
    """The settings of a phase, with these flags of the config on."""
    ours = {"phase": str(phase), **dict.fromkeys(flags, "true")}
    return load_settings({"voip:environment": "scratch"} | {f"{PROJECT}:{key}": ours[key] for key in ours})


def reach(target: databases.Target, settings: Settings) -> None:
    """Lead a database to the settings' phase."""
    make(target, *registered(settings))


def make(target: databases.Target, *shapes: Shape) -> None:
    """Bring the live objects to what is wanted; those of other planes are left out."""
    with kinds_on(target, PRINTED) as kinds:
        for shape in shapes:
            if kind := kinds.get(shape.token):
                wanted = kind.check(shape)
                live = None if isinstance(shape, Backfill) else kind.read(wanted.id, wanted)
                if live is None:
                    kind.create(wanted)
                elif kind.diff(live, wanted):
                    kind.update(live, wanted)


def registered(settings: Settings) -> Iterator[Shape]:
    """All that the program registers at a phase, in an order that is one of its own."""
    yield from (shape for _, each in declarations(settings) if (shape := each.at(settings.phase)))
    for domain in reversed(DOMAINS):
        yield from retirements(domain.name, domain.declarations(settings), settings.phase)
