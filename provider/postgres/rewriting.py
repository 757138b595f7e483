"""Which changes of a column make Postgres go through the rows of its table."""

from __future__ import annotations

import re
from collections.abc import Iterator

from provider.postgres.catalog import Catalog, query
from provider.postgres.compose import relation_id
from provider.postgres.statement import Work
from provider.schema.postgres import Column, Constraint, Index
from provider.schema.shape import identifier

_TYPE = re.compile(r"(?P<name>[a-z ]+?)\s*(?:\((?P<size>\d+)(?:,\s*(?P<scale>\d+))?\))?(?P<zone> with.*)?")

_FULL_NAMES = {
    "varchar": "character varying",
    "varbit": "bit varying",
    "decimal": "numeric",
    "timestamptz": "timestamp with time zone",
    "timetz": "time with time zone",
}

_GROWING = {"character varying", "bit varying", "numeric", "interval"} | {
    f"{name}{zone}" for name in ("time", "timestamp") for zone in ("", " with time zone")
}
"""Types whose values stay as they lie when their limit grows or falls."""

_ALIKE = {
    ("character varying", "text"),
    ("text", "character varying"),
    ("cidr", "inet"),
    ("bit", "bit varying"),
    # In UTC, which every session here is in.
    ("timestamp", "timestamp with time zone"),
    ("timestamp with time zone", "timestamp"),
}

_CALLED = re.compile(r"([a-z_][\w$]*(?:\.[a-z_][\w$]*)?)\s*\(")


def by_adding(catalog: Catalog, column: Column) -> Work:
    """What adding a column takes: the value of a constant default is kept in the catalog alone."""
    if column.generated or column.identity or _is_made_for_each_row(catalog, column):
        return Work.REWRITE
    return Work.SCAN if column.null == "refused" and column.default is None else Work.CATALOG


def _is_made_for_each_row(catalog: Catalog, column: Column) -> bool:
    """Whether the default is volatile or the type a domain that may refuse values; Postgres knows both."""
    called = _CALLED.findall(column.default or "")
    if not called and "." not in column.type:
        return False
    ((made,),) = catalog.session.query(query("made_for_each_row"), {"called": called, "type": column.type})
    return bool(made)


def by_retyping(catalog: Catalog, table: str, name: str, live: Column, wanted: Column) -> Work:
    """What another type or collation of a column takes: what hangs on it is checked or sorted anew."""
    if not keeps_values(live.type, wanted.type):
        return Work.REWRITE
    if any(_mentions(definition, name) for definition in _hanging_on(catalog, table, live, wanted)):
        return Work.SCAN
    return Work.CATALOG


def _hanging_on(catalog: Catalog, table: str, live: Column, wanted: Column) -> Iterator[str]:
    sorted_anew = live.collation != wanted.collation
    for constraint in catalog.all(Constraint).values():
        if relation_id(constraint) == table and (sorted_anew or constraint.definition.startswith("CHECK")):
            yield constraint.definition
    for index in catalog.all(Index).values() if sorted_anew else ():
        if relation_id(index) == table:
            yield index.definition


def _mentions(definition: str, column: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(identifier(column))}(?!\w)", definition) is not None


def keeps_values(live: str, wanted: str) -> bool:
    """Whether every value of one type is the same value of the other, to the byte."""
    one, other = _TYPE.fullmatch(live), _TYPE.fullmatch(wanted)
    if live == wanted or not one or not other:
        return live == wanted
    names = _full_name(one), _full_name(other)
    if other["size"] is None:
        return names in _ALIKE or (names[0] == names[1] and names[0] in _GROWING)
    return names[0] == names[1] and names[0] in _GROWING and _is_no_smaller(one, other)


def _is_no_smaller(one: re.Match[str], other: re.Match[str]) -> bool:
    return (
        one["size"] is not None and one["scale"] == other["scale"] and int(one["size"]) <= int(other["size"])
    )


def _full_name(match: re.Match[str]) -> str:
    name = match["name"] + (match["zone"] or "").replace(" without time zone", "")
    return _FULL_NAMES.get(name, name)
