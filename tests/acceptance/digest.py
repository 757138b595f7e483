"""What a preview shows, as data that can be held against lists written by hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from operations import gap

Differences = Mapping[str, tuple[str, dict[str, str]]]
"""By object: the sign, and the kind of each property's difference in an update."""


class Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One expected difference."""

    object: str
    """`<kind>::<id>`"""
    sign: str
    properties: dict[str, str] = {}


def shown(digest: Mapping[str, Any]) -> Differences:
    """Every difference in the database that a preview's JSON document shows."""
    return {each.object: (each.sign, each.properties) for each in gap.shown(digest)}


def overlaid(differences: Differences, lines: Iterable[Line]) -> Differences:
    """Differences with further ones; an object that has one already gets the new properties too."""
    result = dict(differences)
    for line in lines:
        sign, properties = result.get(line.object, (line.sign, {}))
        assert sign == line.sign, f"{line.object} shows as {sign} already"
        result[line.object] = (sign, {**properties, **line.properties})
    return result
