"""Which tables foreign keys tie together: what changes one of them locks both."""

from __future__ import annotations

import re
from collections.abc import Iterator

from provider.postgres.catalog import Catalog
from provider.postgres.compose import relation_id
from provider.schema.postgres import Constraint
from provider.schema.shape import identifier, names

_DECLARED = re.compile(r"FOREIGN\s+KEY\b.*?\sREFERENCES\s+(?P<other>.*)", re.IGNORECASE | re.DOTALL)
_PRINTED = re.compile(r"FOREIGN KEY \((?P<own>.*?)\) REFERENCES (?P<other>.*?)\((?P<others>.*?)\)")


def referenced(definition: str) -> str | None:
    """The table that a constraint refers to, by its identifier; None for one that is no foreign key."""
    match = _DECLARED.match(definition)
    return identifier(*names(match["other"])[0]) if match else None


def linked_tables(catalog: Catalog, table: str, column: str | None = None) -> set[str]:
    """The tables at the other end of a table's foreign keys, or of those that one of its columns is in."""
    live = catalog.all(Constraint).values()
    return {other for constraint in live for other in _other_ends(constraint, table, column)} - {table}


def _other_ends(constraint: Constraint, table: str, column: str | None) -> Iterator[str]:
    match = _PRINTED.match(constraint.definition)
    if not match:
        return
    own, other = relation_id(constraint), identifier(*names(match["other"])[0])
    if own == table and _is_among(column, match["own"]):
        yield other
    if other == table and _is_among(column, match["others"]):
        yield own


def _is_among(column: str | None, printed: str) -> bool:
    return column is None or identifier(column) in printed.split(", ")
