"""The desired state that is SQL text: templates below `sql/`, rendered with every variable given."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import jinja2
import pulumi

FOLDER = Path(__file__).resolve().parent.parent / "sql"


class TemplateError(pulumi.RunError):
    """A template that can't be rendered; the message names it and what it lacks."""


def render(name: str, **variables: object) -> str:
    """The text of `sql/<name>`, with variables quoted by the filters `literal` and `name`."""
    try:
        return _environment().get_template(name).render(**variables)
    except jinja2.UndefinedError as error:
        raise TemplateError(
            f"sql/{name}: {error.message}; give the variable where the template is rendered"
        ) from None
    except jinja2.TemplateError as error:
        raise TemplateError(f"sql/{name}: {error}; correct the template") from None


@cache
def _environment() -> jinja2.Environment:
    # Bodies of functions are compared to the letter, so a template's last newline must survive.
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER),
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # noqa: S701  SQL, not HTML; values pass the quoting filters below
        keep_trailing_newline=True,
    )
    environment.filters["literal"] = _literal
    environment.filters["name"] = _name
    return environment


def _literal(value: object) -> str:
    return "'" + str(value).replace("'", "''") + "'"


def _name(value: object) -> str:
    return '"' + str(value).replace('"', '""') + '"'
