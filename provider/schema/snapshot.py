"""The shape of all that one environment holds at one moment."""

from __future__ import annotations

from typing import Any

import msgspec

from provider.schema.shape import Part

Plane = str
"""`database`, `functions` or `stripe`: what is read together, or not at all."""


class Snapshot(Part, frozen=True, kw_only=True):
    """One environment. Neither users' rows nor the values of secrets are in it."""

    environment: str
    project: str
    """Its reference."""
    taken: str
    """When, as ISO 8601 in UTC."""
    objects: dict[str, dict[str, Any]]
    """By `<token>::<id>`: the object in its wire form. Reference rows, migrations and what no resource
    declares (views, types, …) are objects, too."""
    counts: dict[str, int] = msgspec.field(default_factory=dict)
    """How many rows each table holds, by its identifier."""
    unread: dict[Plane, str] = msgspec.field(default_factory=dict)
    """Planes that could not be read, and why."""
    access: list[tuple[str, ...]] | None = None
    """Who may do what, as cells with their outcomes; None where it was not tried."""
    fingerprint: str = ""
    """Of all that is compared: two snapshots that have it in common are equal."""
