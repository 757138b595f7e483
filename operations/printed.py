"""Make the lock file: how Postgres prints every text that is declared."""

from __future__ import annotations

import argparse
import itertools
import json
import secrets
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from components.declaration import key_of
from components.rollout import declarations
from operations.errors import OperationError
from provider.postgres.catalog import Catalog
from provider.postgres.kind import CatalogKind, expressions_in
from provider.postgres.session import Session
from provider.printed import AsDeclared, Printed
from provider.registry import CATALOG_KINDS, postgres_kinds
from provider.schema.shape import Shape
from provider.target import Target
from sandbox import databases
from sandbox.cluster import Cluster
from sandbox.lifecycle import running
from settings import LAST_PHASE, PROJECT, PROVIDER, load_settings

Texts = dict[str, dict[str, str]]

Printing = tuple[str, str, str]
"""A text's key in the lock file, the text, and how it was printed."""

GENERATIONS = 4

FILE = Path(__file__).resolve().parent.parent / "sql" / "printed.json"


def options(parser: argparse.ArgumentParser) -> None:
    """Of its command line."""
    parser.set_defaults(run=lambda _: write_printed())


def write_printed() -> str:
    """Make the lock file anew; returns what was done."""
    FILE.write_text(as_file(printed_texts(running())), "utf-8")
    return f"Wrote {FILE.name}: how Postgres prints every declared text."


def printed_texts(cluster: Cluster) -> Texts:
    """The printings of all that is declared, made on scratch databases of the sandbox."""
    return print_shapes(lambda: scratch_catalog(cluster), declared_shapes())


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


def declared_shapes() -> Iterator[Shape]:
    """Every version of every object, in an order in which a database can be led through them."""
    previous: dict[str, Shape] = {}
    for phase, hardening in itertools.product(range(LAST_PHASE + 1), ("false", "true")):
        flags = {f"{PROJECT}:hardening": hardening, f"{PROJECT}:monitoring": "true"}
        settings = load_settings({f"{PROVIDER}:environment": "scratch", **flags})
        for _, declaration in declarations(settings):
            shape = declaration.at(phase)
            if shape is not None and previous.get(declaration.key) != shape:
                previous[declaration.key] = shape
                yield shape


def print_shapes(scratch: Callable[[], AbstractContextManager[Catalog]], shapes: Iterable[Shape]) -> Texts:
    """How Postgres prints the texts of shapes, each made on scratch databases in the order given.

    What it printed is made once more, on a new database, until it is printed as it stands.
    """
    generation: list[Shape] = list(shapes)
    texts: Texts = {}
    for _ in range(GENERATIONS):
        with scratch() as catalog:
            printings = _collected(_printings(catalog, generation))
            anew = {key: _respelled(printed) for key, printed in printings.items()}
            texts = {key: texts[key] | anew[key] for key in texts} or printings
            if not any(anew.values()):
                return texts
            kinds = postgres_kinds(catalog, Printed(printings, "this generation"))
            # What lives on another plane is printed by no Postgres.
            generation = [kinds[shape.token].check(shape) for shape in generation if shape.token in kinds]
    raise OperationError(
        f"texts are printed otherwise {GENERATIONS} times in a row: {[key for key in anew if anew[key]]}; "
        "declare them as they are printed"
    )


def _respelled(printed: dict[str, str]) -> dict[str, str]:
    return {text: printing for text, printing in printed.items() if text != printing}


def as_file(texts: Texts) -> str:
    """The lock file's text."""
    return json.dumps(texts, indent=1, ensure_ascii=False) + "\n"


def _printings(catalog: Catalog, shapes: Iterable[Shape]) -> Iterator[Printing]:
    kinds = {kind.shape.token: kind(catalog, AsDeclared()) for kind in CATALOG_KINDS}
    for shape in shapes:
        if kind := kinds.get(shape.token):
            live = _made(catalog, kind, shape)
            for path, text, printed in _pairs(kind, shape, live):
                yield f"{key_of(shape)}#{path}", text, printed


def _collected(printings: Iterable[Printing]) -> Texts:
    texts: Texts = defaultdict(dict)
    for key, text, printed in printings:
        texts[key][text] = printed
    return {key: dict(sorted(texts[key].items())) for key in sorted(texts)}


def _made(catalog: Catalog, kind: CatalogKind[Any], shape: Shape) -> Shape:
    wanted = kind.check(shape)
    present = kind.read(shape.id, shape)
    catalog.change(kind.alteration(present, wanted) if present else kind.creation(wanted))
    live: Shape | None = kind.read(shape.id, shape)
    if live is None:
        raise OperationError(f"{key_of(shape)} is not what Postgres calls it; correct its name or its types")
    return live


def _pairs(kind: CatalogKind[Any], shape: Shape, live: Shape) -> Iterator[tuple[str, str, str]]:
    printed = {path: holder[key] for path, holder, key in expressions_in(live.wire(), kind.expressions)}
    data = kind.check(shape).wire()
    for path, holder, key in expressions_in(data, kind.expressions):
        if path not in printed:
            raise OperationError(
                f"{key_of(shape)}: Postgres keeps no {path} {holder[key]!r}; leave it out or correct its name"
            )
        yield path, holder[key], printed[path]
        holder[key] = printed[path]
    if different := kind.diff(live, kind.shape.from_wire(data)):
        paths = ", ".join(difference.path for difference in different)
        raise OperationError(
            f"{key_of(shape)} was made and is not as declared in {paths}; it is {live.wire()}: declare it so"
        )
