"""Known secrets, which no message may show: neither the engine's nor one that comes from elsewhere."""

from __future__ import annotations

from engine.rows import Row
from engine.values import Secret, Value

SECRET_TEXT = "[secret]"


class Redactor:
    """Takes the text of every secret that it has learned out of messages."""

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

    def learn_row(self, row: Row) -> None:
        """Remember the secrets in a row."""
        self.learn(row.inputs)
        self.learn(row.outputs)

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
