"""Colours, for terminals alone."""

from __future__ import annotations

import os
import re
import sys

_CODES = {
    "bold": "1",
    "red": "31",
    "green": "32",
    "yellow": "33",
    "blue": "34",
    "magenta": "35",
    "cyan": "36",
    "grey": "90",
    "headline": "1;95",
    "underline": "4;94",
}
_ESCAPES = re.compile("\x1b\\[[0-9;]*m")


class Painter:
    """`paint(text, "red")`; without colours the text stays as it is."""

    def __init__(self, *, enabled: bool) -> None:
        self.enabled = enabled

    def __call__(self, text: str, style: str) -> str:
        if not (self.enabled and style and text):
            return text
        return f"\x1b[{_CODES[style]}m{text}\x1b[0m"


def wants_colour(choice: str) -> bool:
    """Whether to colour: `always`, `never`, or what suits where the output goes."""
    if choice in ("always", "never"):
        return choice == "always"
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def width(text: str) -> int:
    """How many columns a painted text takes."""
    return len(_ESCAPES.sub("", text))


def cut(text: str, columns: int) -> str:
    """A painted text in at most so many columns, with an ellipsis where something is missing; 0 for any."""
    if not columns or width(text) <= columns:
        return text
    kept, room = "", columns - 1
    for part in re.split(f"({_ESCAPES.pattern})", text):
        if _ESCAPES.fullmatch(part):
            kept += part
        else:
            kept, room = kept + part[:room], room - len(part[:room])
    return kept + "…"
