"""What an object needs to be there first, as far as its shape tells."""

from __future__ import annotations

from collections.abc import Iterator

from components.declaration import key_of
from provider.schema.postgres import (
    Constraint,
    Function,
    Index,
    NotNull,
    Policy,
    Privileges,
    Rows,
    Table,
    Trigger,
)
from provider.schema.shape import Shape, identifier

_OWNERS = {"table": Table.token, "function": Function.token}


def requirements(shape: Shape) -> Iterator[str]:
    """Keys of the objects that must exist before this one."""
    match shape:
        case Constraint() | Index() | NotNull() | Policy() | Rows() | Trigger():
            yield key_of(Table(schema=shape.schema, name=shape.table, columns={}))
    match shape:
        case Policy():
            # A policy lets in whom the grants leave: they must be narrow first.
            yield key_of(Privileges(kind="table", object=identifier(shape.schema, shape.table)))
        case Trigger():
            yield f"{Function.token}::{shape.function}"
        case Privileges() if shape.kind in _OWNERS:
            yield f"{_OWNERS[shape.kind]}::{shape.object}"
