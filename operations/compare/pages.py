"""The comparison as a document, as data and as one page."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from comparison.comparison import Comparison
from operations.pages import render

TEMPLATES = Path(__file__).parent


def written(comparison: Comparison, folder: Path) -> list[Path]:
    """Write every form of the comparison into a folder; returns the files."""
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for name, text in forms(comparison).items():
        (folder / name).write_text(text, "utf-8")
        files.append(folder / name)
    return files


def forms(comparison: Comparison) -> Mapping[str, str]:
    """By file name."""
    data = msgspec.json.format(msgspec.json.encode(comparison), indent=1).decode()
    return {
        "comparison.md": render("comparison.md", TEMPLATES, comparison=comparison),
        "comparison.json": f"{data}\n",
    }
