"""Property values, and their one wire form.

A value is None, bool, int, float, str, list[Value], dict[str, Value], or one of the classes below. Numbers
arrive from protobuf as floats; integral ones become int here, so that the state holds `1` and never `1.0`.
The signatures are those of the Pulumi SDK (`sdk/python/lib/pulumi/runtime/rpc.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from google.protobuf import struct_pb2

SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"
RESOURCE_REFERENCE = "5cf8f73096256a8f31e491e813e4eb8e"
OUTPUT_VALUE = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
UNKNOWN_TEXT = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"

Value: TypeAlias = Any
Properties: TypeAlias = dict[str, Value]


class Unknown:
    """The one value that is not known until an update runs; compare with `is UNKNOWN`."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN = Unknown()


@dataclass(frozen=True)
class Secret:
    """A value that must never be shown or stored in plain."""

    value: Value

    def __repr__(self) -> str:
        return "Secret([secret])"


@dataclass(frozen=True)
class ResourceReference:
    """A resource used as a value."""

    urn: str
    id: Value


def from_struct(struct: struct_pb2.Struct) -> Properties:
    """Decode a protobuf struct."""
    return {key: from_protobuf(value) for key, value in struct.fields.items()}


def from_protobuf(value: struct_pb2.Value) -> Value:
    """Decode one protobuf value."""
    match value.WhichOneof("kind"):
        case "bool_value":
            return value.bool_value
        case "number_value":
            number = value.number_value
            return int(number) if number.is_integer() else number
        case "string_value":
            return UNKNOWN if value.string_value == UNKNOWN_TEXT else value.string_value
        case "list_value":
            return [from_protobuf(item) for item in value.list_value.values]
        case "struct_value":
            return _from_signed(from_struct(value.struct_value))
    return None


def _from_signed(fields: Properties) -> Value:
    match fields.get(SIGNATURE):
        case None:
            return fields
        case s if s == SECRET:
            return Secret(fields.get("value"))
        case s if s == RESOURCE_REFERENCE:
            return ResourceReference(fields["urn"], fields.get("id"))
        case s if s == OUTPUT_VALUE:
            value = fields.get("value", UNKNOWN)
            return Secret(value) if fields.get("secret") else value
        case other:
            raise ValueError(
                f"a property value has the unsupported signature {other}; assets are not supported"
            )


def to_struct(properties: Mapping[str, Value]) -> struct_pb2.Struct:
    """Encode for protobuf; keys in sorted order."""
    return struct_pb2.Struct(fields={key: to_protobuf(properties[key]) for key in sorted(properties)})


def to_protobuf(value: Value) -> struct_pb2.Value:
    """Encode one value for protobuf."""
    match value:
        case None:
            return struct_pb2.Value(null_value=struct_pb2.NULL_VALUE)
        case bool():
            return struct_pb2.Value(bool_value=value)
        case int() | float():
            return struct_pb2.Value(number_value=value)
        case str():
            return struct_pb2.Value(string_value=value)
        case Unknown():
            return struct_pb2.Value(string_value=UNKNOWN_TEXT)
        case Secret(inner):
            return _signed(SECRET, value=inner)
        case ResourceReference(urn, identifier):
            return _signed(RESOURCE_REFERENCE, urn=urn, id=identifier)
        case list():
            return struct_pb2.Value(
                list_value=struct_pb2.ListValue(values=[to_protobuf(item) for item in value])
            )
        case dict():
            return struct_pb2.Value(struct_value=to_struct(value))
    raise TypeError(f"{type(value).__name__} is not a property value")


def _signed(signature: str, **fields: Value) -> struct_pb2.Value:
    return struct_pb2.Value(struct_value=to_struct({SIGNATURE: signature, **fields}))


def transform(value: Value, change: Callable[[Value], Value]) -> Value:
    """Rebuild a value bottom-up; `change` sees every node, with its children already rebuilt."""
    match value:
        case list():
            return change([transform(item, change) for item in value])
        case dict():
            return change({key: transform(item, change) for key, item in value.items()})
        case Secret(inner):
            return change(Secret(transform(inner, change)))
    return change(value)


def contains(value: Value, wanted: Callable[[Value], bool]) -> bool:
    """Whether any node of a value satisfies `wanted`."""
    if wanted(value):
        return True
    match value:
        case list():
            return any(contains(item, wanted) for item in value)
        case dict():
            return any(contains(item, wanted) for item in value.values())
        case Secret(inner):
            return contains(inner, wanted)
    return False


def has_unknowns(value: Value) -> bool:
    return contains(value, lambda node: node is UNKNOWN)


def has_secrets(value: Value) -> bool:
    return contains(value, lambda node: isinstance(node, Secret))


def strip_secrets(value: Value) -> Value:
    """The same value with every secret wrapper taken off."""
    return transform(value, lambda node: node.value if isinstance(node, Secret) else node)


def marked_like(properties: Properties, like: Properties) -> Properties:
    """Properties with a secret wherever their namesakes in `like` hold one; a list is secret as a whole."""
    marked = dict(properties)
    for key, known in like.items():
        match marked.get(key), known:
            case dict() as value, dict():
                marked[key] = marked_like(value, known)
            case value, _ if key in marked and not isinstance(value, Secret) and has_secrets(known):
                marked[key] = Secret(value)
    return marked
