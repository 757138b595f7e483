"""Phases of one object."""

from __future__ import annotations

import pytest

from components.declaration import Declaration, since
from provider.schema.postgres import Index

OLD = Index(table="t", name="i", definition="btree (a)")
NEW = Index(table="t", name="i", definition="btree (b)")


@pytest.mark.parametrize(("phase", "shape"), [(1, None), (2, OLD), (3, OLD), (4, NEW), (6, NEW), (7, None)])
def test_an_object_goes_through_its_versions(phase: int, shape: Index | None) -> None:
    assert Declaration({2: OLD, 4: NEW}, until=7).at(phase) == shape


@pytest.mark.parametrize(
    ("declaration", "passes"),
    [(since(0, OLD), False), (since(1, OLD), True), (since(0, OLD, until=2), True)],
)
def test_an_object_passes_if_any_phase_is_without_it(declaration: Declaration, passes: bool) -> None:
    assert declaration.passes == passes


def test_without_an_end_an_object_stays() -> None:
    assert since(0, OLD).at(8) == OLD
    assert since(0, OLD).key == "voip:postgres:Index::public.i"
