"""The one place where property values are decoded and encoded.

The provider declines secrets, resource references and outputs in its handshake, so the engine unwraps them
before a call and marks them again after it; plain data and unknowns are all that is left.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from google.protobuf import struct_pb2

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""What the engine sends for a value that is not known before an update."""

SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"


def plain(struct: struct_pb2.Struct) -> dict[str, Any]:
    """Decode a struct; integral numbers become int."""
    return {key: _plain(value) for key, value in struct.fields.items()}


def _plain(value: struct_pb2.Value) -> Any:
    match value.WhichOneof("kind"):
        case "struct_value":
            return plain(value.struct_value)
        case "list_value":
            return [_plain(item) for item in value.list_value.values]
        case "string_value":
            return value.string_value
        case "bool_value":
            return value.bool_value
        case "number_value":
            return int(value.number_value) if value.number_value.is_integer() else value.number_value
    return None


def struct(data: Mapping[str, Any]) -> struct_pb2.Struct:
    """Encode plain data."""
    message = struct_pb2.Struct()
    message.update(data)
    return message


def secret(value: Any) -> dict[str, Any]:
    """A value that the engine is to keep for itself; it says so again where it was not told so before."""
    return {SIGNATURE: SECRET, "value": value}


def has_unknowns(data: Any) -> bool:
    """Whether any value in plain data is not known yet."""
    if isinstance(data, dict):
        return any(has_unknowns(value) for value in data.values())
    if isinstance(data, list):
        return any(has_unknowns(value) for value in data)
    return bool(data == UNKNOWN)
