"""What every declarable object has in common: a type token, a natural identifier and one wire form."""

from __future__ import annotations

import re
import threading
from functools import cache
from typing import Any, ClassVar, Self

import msgspec

_LEARNING = threading.Lock()
_PLAIN_NAME = re.compile(r"[a-z_][a-z0-9_]*\Z")
_NAME = re.compile(r'(?P<plain>[a-z_][a-z0-9_]*)|"(?P<quoted>(?:[^"]|"")*)"')


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """A piece of a shape."""


class Shape(Part, frozen=True, kw_only=True):
    """One declarable object.

    The identifier is the object's name where it lives: an import needs nothing else, and two states of one
    object can't disagree on it.
    """

    token: ClassVar[str]
    droppable: ClassVar[bool] = True
    """Whether it is an object of its own, which can be declared absent."""
    confidential: ClassVar[frozenset[str]] = frozenset()
    """Properties, as the wire names them, whose values nobody may read in a plan or a state."""

    outputs: ClassVar[tuple[str, ...]] = ()
    """Properties, as the wire names them, that are never declared and that other resources may need."""

    @property
    def id(self) -> str:
        raise NotImplementedError(type(self).__name__)

    def foreseen(self, live: Self) -> Self:
        """What an update will make of the live object, as far as it is known; in doubt, what is declared."""
        del live
        return self

    def wire(self) -> dict[str, Any]:
        """The shape as plain data, keys in camel case, defaults left out."""
        return _wire(self)

    @classmethod
    def from_wire(cls, data: dict[str, Any]) -> Self:
        """Decode; raises msgspec.ValidationError that names the path of what is wrong."""
        _learn(cls)
        return msgspec.convert(data, cls)


class Absence(Shape, frozen=True, kw_only=True):
    """Objects of one plane declared absent: each plane has a retirement of its own."""

    name: str
    absent: list[str]
    """`<token>::<id>` of each."""

    @property
    def id(self) -> str:
        return self.name


def identifier(*names: str) -> str:
    """Join names with dots, quoting those that a dot or a capital would make ambiguous."""
    return ".".join(
        name if _PLAIN_NAME.match(name) else '"' + name.replace('"', '""') + '"' for name in names
    )


def names(text: str) -> tuple[list[str], str]:
    """The names that `identifier` joined, and what follows them: a function's argument types, in brackets."""
    found: list[str] = []
    rest = text
    while match := _NAME.match(rest):
        found.append(match["plain"] or match["quoted"].replace('""', '"'))
        rest = rest[match.end() :]
        if not rest.startswith("."):
            break
        rest = rest[1:]
    return found, rest


@cache
def _learn(shape: type[Shape]) -> None:
    """Let msgspec look at a shape's types, one thread at a time: two at once end the process (segfault)."""
    with _LEARNING:
        msgspec.json.Decoder(shape)


def _wire(part: Part) -> dict[str, Any]:
    # msgspec's own omission of defaults compares strings by identity, and so misses decoded ones.
    values = ((name, getattr(part, field), default) for field, name, default in _fields(type(part)))
    return {name: _plain(value) for name, value, default in values if value != default}


def _plain(value: Any) -> Any:
    match value:
        case Part():
            return _wire(value)
        case dict():
            return {key: _plain(item) for key, item in value.items()}
        case list():
            return [_plain(item) for item in value]
    return value


@cache
def _fields(part: type[Part]) -> tuple[tuple[str, str, Any], ...]:
    """Each field with its name on the wire and its default."""
    return tuple((field.name, field.encode_name, _default(field)) for field in msgspec.structs.fields(part))


def _default(field: msgspec.structs.FieldInfo) -> Any:
    return field.default if field.default_factory is msgspec.NODEFAULT else field.default_factory()
