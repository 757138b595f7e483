"""What live objects look like, in digests short enough for a state file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from provider.postgres.catalog import SOURCES, Catalog
from provider.postgres.rows import RowsKind
from provider.schema.postgres import Rows, Table
from provider.schema.shape import Shape

_SHAPES = {shape.token: shape for shape in SOURCES}


class Sight:
    """Digests of live objects, part by part: what somebody adds to an object is no change of it."""

    def __init__(self, catalog: Catalog, rows: RowsKind) -> None:
        self._catalog = catalog
        self._rows = rows

    def of(self, keys: Mapping[str, object]) -> dict[str, str]:
        """By `<token>::<id>`, with `#<part>` where an object has parts; one that is not there has none."""
        tokens = {key.partition("::")[0] for key in keys}
        live = {
            f"{token}::{name}": shape
            for token in tokens & _SHAPES.keys()
            for name, shape in self._catalog.all(_SHAPES[token]).items()
        }
        return {part: digest for key in keys for part, digest in self._parts(key, live.get(key))}

    def _parts(self, key: str, live: Shape | None) -> Iterator[tuple[str, str]]:
        token, _, name = key.partition("::")
        if token == Rows.token and (rows := self._rows.read(name, None)):
            yield from ((f"{key}#{row}", digest(text)) for row, text in rows.rows.items())
        elif token in _SHAPES:
            yield from ((f"{key}{part}", digest(data)) for part, data in _split(live))


def _split(live: Shape | None) -> Iterator[tuple[str, Any]]:
    if live is None:
        yield "", None
        return
    data = live.wire()
    if isinstance(live, Table):
        yield from ((f"#columns.{name}", column) for name, column in data.pop("columns").items())
        data.pop("order", None)
    yield "", data


def digest(data: Any) -> str:
    """Of plain data; of None nothing, so that what is absent can be told from what was never seen."""
    if data is None:
        return ""
    return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()[:12]
