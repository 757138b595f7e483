"""Property values for human eyes; secrets never show."""

from __future__ import annotations

import json

from engine.redactor import SECRET_TEXT
from engine.values import UNKNOWN, ResourceReference, Secret, Value

UNKNOWN_TEXT = "[unknown]"
SHORT = 80


def summary(value: Value) -> str:
    """A value on one line, cut to SHORT characters."""
    text = one_line(value)
    return text if len(text) <= SHORT else text[: SHORT - 3] + "..."


def one_line(value: Value) -> str:
    match value:
        case Secret():
            return SECRET_TEXT
        case _ if value is UNKNOWN:
            return UNKNOWN_TEXT
        case None:
            return "<null>"
        case str():
            return json.dumps(value, ensure_ascii=False)
        case bool():
            return "true" if value else "false"
        case ResourceReference():
            return json.dumps(value.urn, ensure_ascii=False)
        case list():
            return "[" + ", ".join(one_line(item) for item in value) + "]"
        case dict():
            return "{" + ", ".join(f"{key}: {one_line(value[key])}" for key in sorted(value)) + "}"
    return str(value)


def jsonable(value: Value, *, show_secrets: bool = False) -> Value:
    """A value as plain JSON data, secrets masked unless they are asked for."""
    from engine.values import UNKNOWN_TEXT as SENTINEL

    match value:
        case Secret(inner):
            return jsonable(inner, show_secrets=True) if show_secrets else SECRET_TEXT
        case _ if value is UNKNOWN:
            return SENTINEL
        case ResourceReference():
            return value.urn if value.id is None else value.id
        case list():
            return [jsonable(item, show_secrets=show_secrets) for item in value]
        case dict():
            return {key: jsonable(item, show_secrets=show_secrets) for key, item in value.items()}
    return value
