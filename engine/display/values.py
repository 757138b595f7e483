"""Property values for human eyes; secrets never show."""

from __future__ import annotations

import json

from engine.values import UNKNOWN, ResourceReference, Secret, Value

SECRET_TEXT = "[secret]"
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


class Redactor:
    """Takes every known secret's text out of messages that come from elsewhere."""

    SHORTEST = 3
    """Characters; shorter secrets would turn every text into masks."""
    SHORTEST_LINE = 8
    """Characters of a line of a longer secret that is one by itself."""

    def __init__(self) -> None:
        self._texts: set[str] = set()

    def learn(self, value: Value) -> None:
        """Remember the secrets in a value."""
        match value:
            case Secret(inner):
                self._remember(inner)
            case list():
                for item in value:
                    self.learn(item)
            case dict():
                for item in value.values():
                    self.learn(item)

    def _remember(self, value: Value) -> None:
        match value:
            case str() if len(value) >= self.SHORTEST:
                self._texts.add(value)
                # A key in PEM comes out of a command line by line.
                self._texts.update(line for line in value.splitlines() if len(line) >= self.SHORTEST_LINE)
            case list():
                for item in value:
                    self._remember(item)
            case dict():
                for item in value.values():
                    self._remember(item)
            case Secret(inner):
                self._remember(inner)

    def clean(self, text: str) -> str:
        for secret in sorted(self._texts, key=len, reverse=True):
            text = text.replace(secret, SECRET_TEXT)
        return text
