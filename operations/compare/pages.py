"""The comparison as a document, as data and as one page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import msgspec
from markupsafe import Markup, escape

from comparison.comparison import Comparison
from comparison.drawing import drawing
from comparison.sides import Line, lines
from operations.pages import render, render_html, write_all

TEMPLATES = Path(__file__).parent

WEIGHT = 700_000
"""How many characters the differences of a page may take; the data has those that are left out."""
ROW_WEIGHT, LINE_WEIGHT = 900, 70
"""What the page adds to each difference, and to each line of it."""


def written(comparison: Comparison, folder: Path) -> list[Path]:
    """Write every form of the comparison into a folder; returns the files."""
    return write_all(forms(comparison), folder)


def forms(comparison: Comparison) -> Mapping[str, str]:
    """By file name."""
    data = msgspec.json.format(msgspec.json.encode(comparison), indent=1).decode()
    return {
        "comparison.html": page(comparison),
        "comparison.md": render("comparison.md", TEMPLATES, comparison=comparison),
        "comparison.json": f"{data}\n",
    }


def page(comparison: Comparison) -> str:
    """All of it as one page that needs neither a server nor a network."""
    shown = _shown(comparison)
    return render_html(
        "comparison.html",
        TEMPLATES,
        {"code": code},
        comparison=comparison,
        signs=Counter(row.sign for row in comparison.rows),
        planes=sorted({row.plane for row in comparison.rows}),
        phases=sorted({row.phase for row in comparison.rows if row.phase is not None}),
        shown=shown,
        left_out=len(comparison.rows) - len(shown),
        drawing=drawing(comparison.rows, comparison.edges),
    )


def code(text: str) -> Markup:
    """A text of ours as HTML: what stands between backticks is code."""
    parts = (escape(part) for part in text.split("`"))
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if odd % 2 else part for odd, part in enumerate(parts)
    )


def _shown(comparison: Comparison) -> dict[int, list[Line]]:
    """By a difference's place: what is on both sides, as long as the page stays light."""
    left, shown = WEIGHT, {}
    for place, row in enumerate(comparison.rows):
        both = list(lines(row.before, row.after))
        left -= ROW_WEIGHT + sum(len(each.first) + len(each.second) + LINE_WEIGHT for each in both)
        if left < 0:
            break
        shown[place] = both
    return shown
