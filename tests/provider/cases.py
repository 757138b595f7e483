"""The cases of tests/cases as values, and what a run of them needs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import yaml

from operations.printed import print_shapes
from provider.postgres.catalog import Catalog
from provider.postgres.session import Session
from provider.printed import AsDeclared, Printed
from provider.registry import Kind, postgres_kinds
from provider.schema import postgres
from provider.schema.postgres import DefaultPrivileges, Privileges, Retirement
from provider.schema.shape import Shape
from provider.target import Target
from sandbox import databases
from tests.provider.conftest import NewDatabase

FOLDER = Path(__file__).resolve().parent.parent / "cases"

LEFT_BEHIND = (DefaultPrivileges, Privileges, Retirement)
"""Kinds that are forgotten, not dropped: grants go with their object, and what is gone stays gone."""

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
    printed = Path("printed.json")
    with closing(
        Session(Target("sandbox", "scratch", target.ref, url, "auth.users", printed, True, long_locks=True))
    ) as session:
        yield Catalog(session)


@contextmanager
def kinds_on(
    target: databases.Target, printed: Printed | AsDeclared, *, reader: bool = False
) -> Iterator[Mapping[str, Kind]]:
    """The kinds on a database, as a provider process of its own has them."""
    with catalog_on(target, reader=reader) as catalog:
        yield postgres_kinds(catalog, printed)


def printings(case: Case, new_database: NewDatabase) -> Printed:
    """The lock file that the case's declarations would have."""
    return Printed(print_shapes(lambda: prepared(case, new_database), case.declared), "printed.json")


@contextmanager
def prepared(case: Case, new_database: NewDatabase) -> Iterator[Catalog]:
    with new_database() as target:
        apply(target, case.before)
        with catalog_on(target) as catalog:
            yield catalog


def differences(target: databases.Target, printed: Printed, declared: Iterable[Shape]) -> Expected:
    """What differs for a new provider process that can only read."""
    found: Expected = {}
    with kinds_on(target, printed, reader=True) as kinds:
        for shape in declared:
            kind = kinds[shape.token]
            wanted = kind.check(shape)
            live = kind.read(wanted.id, wanted)
            if live is None:
                found[key_of(shape)] = "missing"
            elif different := kind.diff(live, wanted):
                found[key_of(shape)] = {difference.path: difference.sign for difference in different}
    return found


def create(target: databases.Target, printed: Printed, declared: Iterable[Shape]) -> None:
    with kinds_on(target, printed) as kinds:
        for shape in declared:
            kinds[shape.token].create(kinds[shape.token].check(shape))


def mend(target: databases.Target, printed: Printed, declared: Iterable[Shape]) -> None:
    with kinds_on(target, printed) as kinds:
        for shape in declared:
            kind = kinds[shape.token]
            wanted = kind.check(shape)
            live = kind.read(wanted.id, wanted)
            if live is None:
                kind.create(wanted)
            elif kind.diff(live, wanted):
                kind.update(live, wanted)


def delete(target: databases.Target, printed: Printed, declared: Sequence[Shape]) -> None:
    with kinds_on(target, printed) as kinds:
        for shape in reversed(declared):
            kinds[shape.token].delete(shape, scratch=True)
        for shape in declared:
            if not isinstance(shape, LEFT_BEHIND):
                assert kinds[shape.token].read(shape.id, shape) is None


def _text(path: Path) -> str:
    return path.read_text("utf-8") if path.exists() else ""


def _data(path: Path) -> Any:
    return yaml.safe_load(path.read_text("utf-8")) if path.exists() else None
