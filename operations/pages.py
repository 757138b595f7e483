"""How pages are made of their templates and data: those of `docs/`, and those that open in a browser."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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


def render_html(page: str, folder: Path, filters: Mapping[str, Callable[..., str]], **data: object) -> str:
    """The text of `page` (`comparison.html`), of the template in `folder`; what `data` holds is escaped."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder),
        undefined=jinja2.StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= filters
    return environment.get_template(f"{page}.jinja").render(data)


def write_all(forms: Mapping[str, str], folder: Path) -> list[Path]:
    """Write texts by their file names into a folder, which is made where there is none; returns the files."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in forms.items():
        (folder / name).write_text(text, "utf-8")
    return [folder / name for name in forms]
