"""What makes a state usable: every row complete, once, and after all that it needs."""

from __future__ import annotations

from collections.abc import Iterator

from engine.errors import EngineError
from engine.rows import Row, Snapshot


def verify(snapshot: Snapshot, source: str = "The stack") -> None:
    """Raise EngineError for the first fault; `source` names the state for the message."""
    refuse(next(faults(snapshot), None), source)


def refuse(fault: str | None, source: str) -> None:
    """Raise EngineError for a fault, if there is one."""
    if fault:
        raise EngineError(f"{source}: the state isn't sound: {fault}; restore it from a backup.")


def faults(snapshot: Snapshot) -> Iterator[str]:
    """All faults, in the order of the rows; operations that were cut off are not checked."""
    all_urns = {row.urn for row in snapshot.rows}
    seen: set[str] = set()
    living: set[str] = set()
    providers: set[str] = set()
    for index, row in enumerate(snapshot.rows):
        yield from _incomplete(row, index)
        if row.provider and row.provider not in providers and not row.pending_replacement:
            yield f"{row.urn} refers to the provider {row.provider}, which is not before it"
        for kind, urn in _needs(row):
            if urn not in seen:
                place = "comes after it" if urn in all_urns else "is missing"
                yield f"{row.urn} refers to its {kind} {urn}, which {place}"
        if not row.delete:
            if row.urn in living:
                yield f"{row.urn} is there twice, and neither is marked for deletion"
            living.add(row.urn)
        seen.add(row.urn)
        if row.is_provider:
            providers.add(f"{row.urn}::{row.id}")


def _incomplete(row: Row, index: int) -> Iterator[str]:
    if not row.urn:
        yield f"row {index} has no URN"
    if not row.type:
        yield f"{row.urn} has no type"
    if row.id and not row.custom:
        yield f"{row.urn} is a component with the ID {row.id}"
    if row.is_provider and not row.id:
        yield f"the provider {row.urn} has no ID"


def _needs(row: Row) -> Iterator[tuple[str, str]]:
    if row.parent:
        yield "parent", row.parent
    for urn in row.dependencies:
        yield "dependency", urn
    for urns in row.property_dependencies.values():
        for urn in urns:
            yield "dependency", urn
    if row.deleted_with:
        yield "deletedWith resource", row.deleted_with
