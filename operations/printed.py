"""Make the lock file: how Postgres prints every text that is declared."""

from __future__ import annotations

import json
import secrets
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from components.declaration import key_of
from components.rollout import declarations
from operations.errors import OperationError
from provider.postgres.catalog import Catalog
from provider.postgres.kind import CatalogKind, expressions_in
from provider.postgres.session import Session
from provider.printed import AsDeclared
from provider.registry import CATALOG_KINDS
from provider.schema.shape import Shape
from provider.target import Target
from sandbox import databases
from sandbox.cluster import Cluster
from sandbox.lifecycle import running
from settings import LAST_PHASE, Settings, load_settings

Texts = dict[str, dict[str, str]]

FILE = Path(__file__).resolve().parent.parent / "sql" / "printed.json"


def write_printed() -> str:
    """Make the lock file anew; returns what was done."""
    FILE.write_text(as_file(printed_texts(running())), "utf-8")
    return f"Wrote {FILE.name}: how Postgres prints every declared text."


def printed_texts(cluster: Cluster) -> Texts:
    """The printings of all that is declared, made on a scratch database of the sandbox."""
    settings = load_settings({"voip:environment": "scratch"})
    with scratch_catalog(cluster) as catalog:
        return print_shapes(catalog, declared_shapes(settings))


@contextmanager
def scratch_catalog(cluster: Cluster) -> Iterator[Catalog]:
    """The catalog of a new Supabase project, which is dropped afterwards."""
    scratch = databases.blank(cluster, f"printed_{secrets.token_hex(4)}")
    session = Session(
        Target("sandbox", "scratch", scratch.ref, scratch.database_url, "auth.users", FILE, scratch=True)
    )
    try:
        yield Catalog(session)
    finally:
        session.close()
        databases.drop(cluster, scratch.ref)


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
        raise OperationError(f"{key_of(shape)} is not what Postgres calls it; correct its name or its types")
    return live


def _pairs(kind: CatalogKind[Any], shape: Shape, live: Shape) -> Iterator[tuple[str, str, str]]:
    printed = {path: holder[key] for path, holder, key in expressions_in(live.wire(), kind.expressions)}
    for path, holder, key in expressions_in(shape.wire(), kind.expressions):
        yield path, holder[key], printed[path]
