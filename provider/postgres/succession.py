"""Rows that succeed those of another table: compared with them, and joined by what it alone holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from provider.notes import Note

Row = dict[str, Any]
Rows = Mapping[str, Row]
"""By key; those of the old table with the names of the new one's columns."""


@dataclass(frozen=True)
class Succession:
    """What becomes of each key of both tables."""

    added: list[str]
    """Keys that the old table does not know."""
    same: list[str]
    different: list[str]
    """Keys for which the two tell something else; the new row holds."""
    carried: dict[str, Row]
    """New rows for keys of the old table alone, with what the rows of the same values have in common."""
    unknown: list[str]
    """Keys of the old table alone for which no such row can be made."""

    def note(self, old: str) -> Note:
        """The counts."""
        counts = {
            "same": self.same,
            "added": self.added,
            "different": self.different,
            "carried over": self.carried,
            "unknown": self.unknown,
        }
        told = ", ".join(f"{len(keys)} {word}" for word, keys in counts.items())
        return Note(f"against {old}: {told}", warning=bool(self.different or self.unknown))


def succession(new: Rows, old: Rows, key: str, derived: Sequence[str]) -> Succession:
    """Compare by the columns that the old rows have; `derived` are those that follow from them."""
    complete = {name: _completed(row, new, key, derived) for name, row in old.items() if name not in new}
    both = sorted(new.keys() & old.keys())
    return Succession(
        added=sorted(new.keys() - old.keys()),
        same=[name for name in both if _agree(new[name], old[name])],
        different=[name for name in both if not _agree(new[name], old[name])],
        carried={name: row for name, row in sorted(complete.items()) if row is not None},
        unknown=sorted(name for name, row in complete.items() if row is None),
    )


def _agree(new: Row, old: Row) -> bool:
    return all(new[column] == value for column, value in old.items())


def _completed(old: Row, new: Rows, key: str, derived: Sequence[str]) -> Row | None:
    values = {column: value for column, value in old.items() if column != key}
    alike = [row for row in new.values() if _agree(row, values)]
    known = {tuple(row[column] for column in derived) for row in alike}
    if len(known) != 1:
        return None
    return {**dict.fromkeys(alike[0]), **old, **dict(zip(derived, known.pop(), strict=True))}
