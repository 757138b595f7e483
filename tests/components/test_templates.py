"""Templates: every variable given, values quoted, and each refusal with the file's name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from components import templates
from components.templates import FOLDER, TemplateError, render


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of templates in place of the project's own."""
    monkeypatch.setattr(templates, "FOLDER", tmp_path)
    templates._environment.cache_clear()
    yield tmp_path
    templates._environment.cache_clear()


def test_a_text_keeps_its_last_newline() -> None:
    name = "identity/handle_new_user.sql"
    assert render(name) == (FOLDER / name).read_text("utf-8")


@pytest.mark.parametrize(
    ("template", "value", "text"),
    [
        ("SELECT {{ value | literal }}", "it's", "SELECT 'it''s'"),
        ("SELECT {{ value | name }}", 'a "b"', 'SELECT "a ""b"""'),
    ],
)
def test_a_value_is_quoted_as_what_it_stands_for(folder: Path, template: str, value: str, text: str) -> None:
    (folder / "t.sql").write_text(template, "utf-8")
    assert render("t.sql", value=value) == text


@pytest.mark.parametrize(
    ("template", "message"),
    [
        (
            "SELECT {{ days }}",
            "sql/t.sql: 'days' is undefined; give the variable where the template is rendered",
        ),
        ("SELECT {{ days", "sql/t.sql: unexpected end of template, expected 'end of print statement'."),
        (None, "sql/t.sql: 't.sql' not found in search path: "),
    ],
)
def test_a_template_that_cannot_be_rendered_is_named(
    folder: Path, template: str | None, message: str
) -> None:
    if template is not None:
        (folder / "t.sql").write_text(template, "utf-8")
    with pytest.raises(TemplateError) as raised:
        render("t.sql")
    assert str(raised.value).startswith(message)
    assert str(raised.value).endswith(("correct the template", "where the template is rendered"))
