"""The stack's outputs, and how they changed."""

from __future__ import annotations

from engine.display.values import one_line
from engine.values import UNKNOWN, Properties


def output_lines(before: Properties | None, news: Properties, *, preview: bool) -> list[str]:
    """The `Outputs:` block. A preview shows only what changes; a new stack's outputs bear no sign."""
    lines = []
    olds = before or {}
    width = max((len(key) for key in {*olds, *news}), default=0)
    for key in sorted({*olds, *news}):
        name = key.ljust(width)
        if key not in news:
            lines.append(f"  - {name}: {one_line(olds[key])}")
        elif key not in olds:
            sign = " " if before is None else "+"
            lines.append(f"  {sign} {name}: {one_line(news[key])}")
        elif preview and news[key] is UNKNOWN:
            # Whether it changes is not known either.
            continue
        elif olds[key] != news[key]:
            lines.append(f"  ~ {name}: {one_line(olds[key])} => {one_line(news[key])}")
        elif not preview:
            lines.append(f"    {name}: {one_line(news[key])}")
    return ["Outputs:", *lines] if lines else []
