"""What a preview's JSON document says, as data that can be held against lists written by hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

SIGNS = {"create": "+", "update": "~", "delete": "-"}
HERE = Path(__file__).parent

Gap = dict[str, tuple[str, dict[str, str]]]
"""By object: the sign, and the kind of each property's difference in an update."""

Listed = Mapping[str, Any]
"""One row of a list written by hand: `object`, `sign`, and `properties` of an update."""


def shown(digest: dict[str, Any]) -> Gap:
    """Every difference in the database that a preview shows."""
    return {
        key: (SIGNS[step["op"]], _properties(step))
        for step in digest["steps"]
        if step["op"] != "same" and (key := _object_of(step["urn"]))
    }


def listed(*names: str) -> Gap:
    """The lists `<name>.yaml` of this folder, together."""
    gap: Gap = {}
    for name in names:
        gap = extended(gap, yaml.safe_load((HERE / f"{name}.yaml").read_text("utf-8")))
    return gap


def extended(gap: Gap, rows: Iterable[Listed]) -> Gap:
    """A gap with further rows; an object that is in it already gets their properties too."""
    result = dict(gap)
    for row in rows:
        sign, properties = result.get(row["object"], (row["sign"], {}))
        assert sign == row["sign"], row
        result[row["object"]] = (sign, {**properties, **row.get("properties", {})})
    return result


def _object_of(urn: str) -> str | None:
    token = urn.split("::")[2].rpartition("$")[2]
    plane, _, kind = token.removeprefix("voip:").partition(":")
    return f"{kind}::{urn.split('::', 3)[3]}" if plane == "postgres" else None


def _properties(step: dict[str, Any]) -> dict[str, str]:
    return {path: detail["kind"] for path, detail in (step["detailedDiff"] or {}).items()}
