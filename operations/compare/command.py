"""`python -m operations compare`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from comparison.comparison import Comparison, compare
from operations.compare.knowledge import knowledge
from operations.compare.pages import written
from operations.compare.snapshots import snapshot_of, store
from operations.errors import OperationError


def run(places: Sequence[str], *, snapshot: str | None, to: str, tried: bool, hosted: bool) -> str:
    """Compare two places, stacks or stored snapshots, or store a snapshot of one; says what was done."""
    match places, snapshot:
        case [place], str():
            taken = snapshot_of(place, tried=tried, hosted=hosted)
            store(taken, Path(snapshot))
            return (
                f"{taken.environment} of {taken.taken}, fingerprint {taken.fingerprint}: kept in {snapshot}."
            )
        case [first, second], None:
            before = snapshot_of(first, tried=tried, hosted=hosted)
            after = snapshot_of(second, tried=tried, hosted=hosted)
            return told(compare(before, after, knowledge()), Path(to))
    raise OperationError(
        "name two stacks or snapshots to compare, or one stack and a file to keep it in: "
        "`python -m operations compare production staging`"
    )


def told(comparison: Comparison, folder: Path) -> str:
    """The comparison in a few lines, once its pages are written; one line where nothing differs."""
    first, second = comparison.first, comparison.second
    if comparison.equal:
        return f"{first.environment} ({first.taken}) and {second.environment} ({second.taken}) are equal."
    files = written(comparison, folder)
    lines = [f"{each.label}: {each.first} and {each.second}; {each.gap}" for each in comparison.figures]
    signs = Counter(row.sign for row in comparison.rows)
    total = ", ".join(f"{count} {sign}" for sign, count in sorted(signs.items())) or "nothing that was read"
    unread = [f"Not read: {plane}: {why}" for plane, why in comparison.unread.items()]
    return "\n".join(
        [
            f"{first.environment} against {second.environment}: {total}.",
            *(f"  {line}" for line in lines),
            *unread,
            f"Wrote {', '.join(str(file) for file in files)}.",
        ]
    )
