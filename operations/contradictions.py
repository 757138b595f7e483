"""Where the comparison of the environments contradicts itself, leaves something open, or is wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Literal

import msgspec

Section = Annotated[str, msgspec.Meta(pattern=r"^(summary|\d{1,2}(\.\d)?)$")]


class Contradiction(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One place in the comparison that can't be followed as it stands."""

    id: str
    kind: Literal["count", "reading", "plan", "design"]
    title: str
    sections: list[Section]
    """The comparison's sections, e.g. "2.1"; `summary` is the part before the first."""
    says: str
    chosen: str
    why: str
    where: list[str] = msgspec.field(default_factory=list)
    """Files of this repository, or `file#text` for the lines that hold a text."""


def faults(contradictions: Sequence[Contradiction], root: Path) -> Iterator[str]:
    """Whatever the entries say that is not so, one line each."""
    for name, count in Counter(each.id for each in contradictions).items():
        if count > 1:
            yield f"contradiction {name}: {count} entries have this id; give each its own"
    for each in contradictions:
        for place in each.where:
            file, _, text = place.partition("#")
            if not (root / file).is_file():
                yield f"contradiction {each.id}: there is no file {file}; correct the place"
            elif text not in (root / file).read_text("utf-8"):
                yield f"contradiction {each.id}: {file} does not hold {text!r}; correct the place"
