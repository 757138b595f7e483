"""Properties in full: what `--diff` shows of a resource, and the stack's outputs."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from engine.display.paint import Painter
from engine.display.values import one_line
from engine.values import UNKNOWN, Properties, Value

STEP = 4
"""Columns that each level of nesting takes."""
CONTEXT_LINES = 1
"""Unchanged lines shown around a changed one of a long text."""

SIGN_COLOURS = {"+": "green", "-": "red", "~": "yellow", " ": ""}


class Details:
    """Renders properties at an indentation; signs stand two columns before the keys."""

    def __init__(self, paint: Painter) -> None:
        self._paint = paint

    def plain(self, properties: Properties, indent: int, sign: str = " ") -> Iterator[str]:
        """Properties as they are, each under one sign."""
        width = max((len(key) for key in properties), default=0)
        for key in sorted(properties):
            yield from self._value(key.ljust(width), properties[key], indent, sign)

    def changes(self, olds: Properties, news: Properties, indent: int) -> Iterator[str]:
        """Only what differs."""
        keys = [
            key
            for key in sorted({*olds, *news})
            if key not in olds or key not in news or olds[key] != news[key]
        ]
        width = max((len(key) for key in keys), default=0)
        for key in keys:
            label = key.ljust(width)
            if key not in olds:
                yield from self._value(label, news[key], indent, "+")
            elif key not in news:
                yield from self._value(label, olds[key], indent, "-")
            else:
                yield from self._change(label, olds[key], news[key], indent)

    def _line(self, text: str, indent: int, sign: str) -> str:
        if sign == " ":
            return " " * indent + text
        return " " * (indent - 2) + self._paint(f"{sign} {text}", SIGN_COLOURS[sign])

    def _end(self, bracket: str, indent: int, sign: str) -> str:
        return " " * indent + self._paint(bracket, SIGN_COLOURS[sign])

    def _value(self, label: str, value: Value, indent: int, sign: str) -> Iterator[str]:
        match value:
            case dict() if value:
                yield self._line(f"{label}: {{", indent, sign)
                yield from self.plain(value, indent + STEP, sign)
                yield self._end("}", indent, sign)
            case list() if value:
                yield self._line(f"{label}: [", indent, sign)
                for index, item in enumerate(value):
                    yield from self._value(f"[{index}]", item, indent + STEP, sign)
                yield self._end("]", indent, sign)
            case _:
                yield self._line(f"{label}: {one_line(value)}", indent, sign)

    def _change(self, label: str, old: Value, new: Value, indent: int) -> Iterator[str]:
        match old, new:
            case dict(), dict():
                yield self._line(f"{label}: {{", indent, "~")
                yield from self.changes(old, new, indent + STEP)
                yield self._end("}", indent, "~")
            case list(), list():
                yield self._line(f"{label}: [", indent, "~")
                yield from self._list_changes(old, new, indent + STEP)
                yield self._end("]", indent, "~")
            case str(), str() if "\n" in old or "\n" in new:
                yield self._line(f"{label}:", indent, "~")
                yield from self._text_changes(old, new, indent + STEP)
            case _:
                paint, colour = self._paint, SIGN_COLOURS["~"]
                yield (
                    " " * (indent - 2)
                    + paint(f"~ {label}: ", colour)
                    + paint(one_line(old), SIGN_COLOURS["-"])
                    + paint(" => ", colour)
                    + paint(one_line(new), SIGN_COLOURS["+"])
                )

    def _list_changes(self, olds: list[Value], news: list[Value], indent: int) -> Iterator[str]:
        for index in range(max(len(olds), len(news))):
            label = f"[{index}]"
            if index >= len(olds):
                yield from self._value(label, news[index], indent, "+")
            elif index >= len(news):
                yield from self._value(label, olds[index], indent, "-")
            elif olds[index] != news[index]:
                yield from self._change(label, olds[index], news[index], indent)
            else:
                yield from self._value(label, news[index], indent, " ")

    def _text_changes(self, old: str, new: str, indent: int) -> Iterator[str]:
        """A long text line by line: SQL is read so, and not as one escaped string."""
        olds, news = old.splitlines(), new.splitlines()
        shown = 0
        for group in difflib.SequenceMatcher(None, olds, news).get_grouped_opcodes(CONTEXT_LINES):
            if group[0][1] > shown:
                yield self._line("...", indent, " ")
            for tag, i, j, m, n in group:
                kept, gone, come = (olds[i:j], [], []) if tag == "equal" else ([], olds[i:j], news[m:n])
                for sign, lines in ((" ", kept), ("-", gone), ("+", come)):
                    yield from (self._line(line, indent, sign) for line in lines)
            shown = group[-1][2]
        if shown < len(olds):
            yield self._line("...", indent, " ")


def output_lines(before: Properties | None, news: Properties, paint: Painter, *, preview: bool) -> list[str]:
    """The stack's outputs, indented; a preview shows only what changes, a new stack's bear no sign."""
    details = Details(paint)
    width = max((len(key) for key in {*(before or {}), *news}), default=0)
    if before is None:
        return list(details.plain(news, STEP))
    if preview:
        # Whether an output changes that is not known yet is not known either.
        known = {
            key: value
            for key, value in news.items()
            if key not in before or (value is not UNKNOWN and not _look_alike(before[key], value))
        }
        olds = {key: value for key, value in before.items() if key in known or key not in news}
        return list(details.changes(_aligned(olds, width), _aligned(known, width), STEP))
    lines: list[str] = []
    for key in sorted({*before, *news}):
        if key in before and key in news and _look_alike(before[key], news[key]):
            lines += details.plain({key.ljust(width): news[key]}, STEP)
        else:
            old = {key.ljust(width): before[key]} if key in before else {}
            new = {key.ljust(width): news[key]} if key in news else {}
            lines += details.changes(old, new, STEP)
    return lines


def _aligned(properties: Properties, columns: int) -> Properties:
    return {key.ljust(columns): value for key, value in properties.items()}


def _look_alike(old: Value, new: Value) -> bool:
    """Whether nobody could tell two values apart: of a secret not even that it has changed is shown."""
    return one_line(old) == one_line(new)
