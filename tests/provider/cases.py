"""The cases of tests/cases as values, and what a run of them needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import yaml

from provider.postgres.catalog import Catalog
from provider.postgres.session import Session
from provider.printed import AsDeclared, Printed
from provider.registry import Kind, postgres_kinds
from provider.schema import postgres
from provider.schema.shape import Shape
from provider.target import Target
from sandbox import databases

FOLDER = Path(__file__).resolve().parent.parent / "cases"

Expected = dict[str, dict[str, str] | str]


@dataclass(frozen=True)
class Refusal:
    """A declaration that must not be taken."""

    declared: dict[str, Any]
    message: str
    path: str | None = None
    verb: str = "create"

    @property
    def shape(self) -> type[Shape]:
        return shape_of(self.declared)


@dataclass(frozen=True)
class Case:
    """One folder."""

    name: str
    before: str
    schema: str
    declared: list[Shape]
    changed: str
    expected: Expected
    refused: list[Refusal]

    def __str__(self) -> str:
        return self.name


def load_cases(*, with_file: str) -> list[Case]:
    """The cases that have a file of this name."""
    return [load_case(path.parent) for path in sorted(FOLDER.glob(f"*/*/{with_file}"))]


def load_case(folder: Path) -> Case:
    return Case(
        name=f"{folder.parent.name}/{folder.name}",
        before=_text(folder / "before.sql"),
        schema=_text(folder / "schema.sql"),
        declared=[decoded(entry) for entry in _data(folder / "declared.yaml") or []],
        changed=_text(folder / "changed.sql"),
        expected=_data(folder / "expected.yaml") or {},
        refused=[Refusal(**entry) for entry in _data(folder / "refused.yaml") or []],
    )


def shape_of(entry: Mapping[str, Any]) -> type[Shape]:
    shape: type[Shape] = getattr(postgres, entry["kind"])
    return shape


def decoded(entry: dict[str, Any]) -> Shape:
    """A shape from an entry of declared.yaml."""
    # Privileges have a kind of their own, which is called so on the wire too.
    fields = {"kind" if name == "of" else name: value for name, value in entry.items() if name != "kind"}
    return shape_of(entry).from_wire(fields)


def key_of(shape: Shape) -> str:
    return f"{shape.token}::{shape.id}"


def apply(target: databases.Target, *scripts: str) -> None:
    """Run scripts past the provider, each as one transaction."""
    with psycopg.connect(target.database_url) as connection:
        for script in scripts:
            connection.execute(script.encode())
            connection.commit()


@contextmanager
def catalog_on(target: databases.Target, *, reader: bool = False) -> Iterator[Catalog]:
    """The provider's view of a database, by its owner or by a role that can write nothing."""
    url = target.reader_url if reader else target.database_url
    session = Session(
        Target("sandbox", "scratch", target.ref, url, "auth.users", Path("printed.json"), scratch=True)
    )
    with closing(session):
        yield Catalog(session)


@contextmanager
def kinds_on(
    target: databases.Target, printed: Printed | AsDeclared, *, reader: bool = False
) -> Iterator[Mapping[str, Kind]]:
    """The kinds on a database, as a provider process of its own has them."""
    with catalog_on(target, reader=reader) as catalog:
        yield postgres_kinds(catalog, printed)


def _text(path: Path) -> str:
    return path.read_text("utf-8") if path.exists() else ""


def _data(path: Path) -> Any:
    return yaml.safe_load(path.read_text("utf-8")) if path.exists() else None
