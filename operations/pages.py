"""The one way in which a page of `docs/` is made of its template and data."""

from __future__ import annotations

from pathlib import Path

import jinja2

FOLDER = Path(__file__).resolve().parent.parent / "docs"


def render(page: str, folder: Path = FOLDER, **data: object) -> str:
    """The text of `page` (`gap.md`), of the template beside it (`gap.md.jinja`)."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder),
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # noqa: S701  Markdown, made of this repository's own files
        keep_trailing_newline=True,
        trim_blocks=True,
    )
    return environment.get_template(f"{page}.jinja").render(data)
