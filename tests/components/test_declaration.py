"""Phases of one object."""

from __future__ import annotations

import pytest

from components.declaration import Declaration, since
from provider.schema.postgres import Index

OLD = Index(table="t", name="i", definition="btree (a)")
NEW = Index(table="t", name="i", definition="btree (b)")


@pytest.mark.parametrize(
    ("phase", "shape", "retired"),
    [(1, None, False), (2, OLD, False), (3, OLD, False), (4, NEW, False), (6, NEW, False), (7, None, True)],
)
def test_an_object_goes_through_its_versions(phase: int, shape: Index | None, retired: bool) -> None:
    declaration = Declaration({2: OLD, 4: NEW}, until=7)
    assert (declaration.at(phase), declaration.retired(phase)) == (shape, retired)


def test_without_an_end_an_object_stays() -> None:
    assert since(0, OLD).at(8) == OLD
    assert since(0, OLD).key == "voip:postgres:Index::public.i"
