"""What every declarable object has in common: a type token, a natural identifier and one wire form."""

from __future__ import annotations

import re
from typing import Any, ClassVar, Self

import msgspec

_PLAIN_NAME = re.compile(r"[a-z_][a-z0-9_]*\Z")


class Part(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel", omit_defaults=True
):
    """A piece of a shape; what equals its default does not travel."""


class Shape(Part, frozen=True, kw_only=True):
    """One declarable object.

    The identifier is the object's name where it lives: an import needs nothing else, and two states of one
    object can't disagree on it.
    """

    token: ClassVar[str]

    @property
    def id(self) -> str:
        raise NotImplementedError(type(self).__name__)

    def wire(self) -> dict[str, Any]:
        """The shape as plain data, keys in camel case, defaults left out."""
        data: dict[str, Any] = msgspec.to_builtins(self)
        return data

    @classmethod
    def from_wire(cls, data: dict[str, Any]) -> Self:
        """Decode; raises msgspec.ValidationError that names the path of what is wrong."""
        return msgspec.convert(data, cls)


def identifier(*names: str) -> str:
    """Join names with dots, quoting those that a dot or a capital would make ambiguous."""
    return ".".join(
        name if _PLAIN_NAME.match(name) else '"' + name.replace('"', '""') + '"' for name in names
    )
