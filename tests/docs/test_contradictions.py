"""The list of contradictions: one id each, and places that are there."""

from __future__ import annotations

from pathlib import Path

import pytest

from operations.contradictions import Contradiction, faults
from operations.documents import ROOT, load_contradictions


def entry(name: str, *where: str) -> Contradiction:
    return Contradiction(
        id=name,
        kind="count",
        title="Two or three",
        sections=["1.2"],
        says="Two.",
        chosen="Three.",
        why="Counted.",
        where=list(where),
    )


def test_every_place_is_there() -> None:
    assert list(faults(load_contradictions(), ROOT)) == []


@pytest.mark.parametrize(
    ("places", "message"),
    [
        (["a b.txt", "a b.txt#two words"], None),
        (["gone.txt"], "there is no file gone.txt; correct the place"),
        (["."], "there is no file .; correct the place"),
        (["a b.txt#three"], "a b.txt does not hold 'three'; correct the place"),
    ],
)
def test_a_wrong_place_is_told(tmp_path: Path, places: list[str], message: str | None) -> None:
    (tmp_path / "a b.txt").write_text("one\ntwo words\n", "utf-8")
    told = [f"contradiction one: {message}"] if message else []
    assert list(faults([entry("one", *places)], tmp_path)) == told


def test_an_id_that_is_given_twice_is_told(tmp_path: Path) -> None:
    told = list(faults([entry("one"), entry("two"), entry("one")], tmp_path))
    assert told == ["contradiction one: 2 entries have this id; give each its own"]
