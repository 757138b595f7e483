"""Make the lock file: how Postgres prints every text that is declared."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from components.declaration import key_of
from components.rollout import declarations
from provider.postgres.catalog import Catalog
from provider.postgres.kind import CatalogKind, expressions_in
from provider.printed import AsDeclared
from provider.registry import CATALOG_KINDS
from provider.schema.shape import Shape
from settings import LAST_PHASE, Settings

Texts = dict[str, dict[str, str]]


def declared_shapes(settings: Settings) -> Iterator[Shape]:
    """Every version of every object, in an order in which a database can be led through them."""
    previous: dict[str, Shape] = {}
    for phase in range(LAST_PHASE + 1):
        for _, declaration in declarations(settings):
            shape = declaration.at(phase)
            if shape is not None and previous.get(declaration.key) != shape:
                previous[declaration.key] = shape
                yield shape


def print_shapes(catalog: Catalog, shapes: Iterable[Shape]) -> Texts:
    """Make each object on a scratch database, and note how its texts are printed there."""
    kinds: dict[str, CatalogKind[Any]] = {
        kind.shape.token: kind(catalog, AsDeclared()) for kind in CATALOG_KINDS
    }
    texts: Texts = defaultdict(dict)
    for shape in shapes:
        if kind := kinds.get(shape.token):
            live = _made(catalog, kind, shape)
            for path, declared, printed in _pairs(kind, shape, live):
                texts[f"{key_of(shape)}#{path}"][declared] = printed
    return {key: dict(sorted(texts[key].items())) for key in sorted(texts)}


def as_file(texts: Texts) -> str:
    """The lock file's text."""
    return json.dumps(texts, indent=1, ensure_ascii=False) + "\n"


def _made(catalog: Catalog, kind: CatalogKind[Any], shape: Shape) -> Shape:
    present = kind.read(shape.id, shape)
    catalog.change(kind.alteration(present, shape) if present else kind.creation(shape))
    live: Shape | None = kind.read(shape.id, shape)
    if live is None:
        raise SystemExit(f"{key_of(shape)} is not what Postgres calls it; correct its name or its types")
    return live


def _pairs(kind: CatalogKind[Any], shape: Shape, live: Shape) -> Iterator[tuple[str, str, str]]:
    printed = {path: holder[key] for path, holder, key in expressions_in(live.wire(), kind.expressions)}
    for path, holder, key in expressions_in(shape.wire(), kind.expressions):
        yield path, holder[key], printed[path]
