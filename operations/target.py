"""The live objects of a stack's target, as the commands read them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from provider.plane import Planes
from provider.target import load_target
from settings import PROVIDER, Settings


@contextmanager
def live(config: Mapping[str, str]) -> Iterator[Planes]:
    """The target that a stack's whole config names, closed again at the end."""
    planes = Planes(load_target(own_config(config), Path.cwd()))
    try:
        yield planes
    finally:
        planes.close()


def own_config(config: Mapping[str, str]) -> dict[str, str]:
    """The part of a stack's whole config that is the provider's, by bare keys."""
    prefix = f"{PROVIDER}:"
    return {key.removeprefix(prefix): value for key, value in config.items() if key.startswith(prefix)}


def completed(settings: Settings, planes: Planes) -> Settings:
    """The settings at the phase that the target has completed, or in which it was found."""
    level = planes.passages().level
    return dataclasses.replace(settings, phase=settings.found if level is None else level)
