"""The lines of docs/functions.md: a schema as a person reads it, and a document that can't be used."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import validate

from operations.errors import OperationError
from operations.functions import load_functions, shape
from operations.pages import FOLDER

OBJECT = {
    "type": "object",
    "properties": {"npa": {"type": "string"}, "notes": {"type": ["string", "null"]}},
    "required": ["npa"],
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        ({}, "any"),
        ({"type": "string", "format": "uuid"}, "uuid"),
        ({"type": "integer", "minimum": 1}, "integer"),
        ({"const": "start", "type": "string"}, '"start"'),
        ({"enum": ["a", None]}, '"a" | null'),
        (OBJECT, "{npa: string, notes?: string | null}"),
        ({"type": "array", "items": OBJECT}, "{npa: string, notes?: string | null}[]"),
        ({"type": "array", "items": {"enum": ["a", "b"]}}, '("a" | "b")[]'),
        ({"type": "object", "additionalProperties": {"type": "integer"}}, "{[name]: integer}"),
        ({"oneOf": [{"const": 1}, {"type": "null"}]}, "1 | null"),
    ],
)
def test_a_schema_in_one_line(schema: dict[str, Any], text: str) -> None:
    assert shape(schema) == text


def test_what_a_function_is_told_of() -> None:
    functions = {function.slug: function for function in load_functions(FOLDER / "openapi.json").functions}
    found = functions["get-npa-location"]
    assert (found.group, found.callers, found.methods) == ("lerg", "user, service", "GET, POST")
    assert found.input == "{npa: string}"
    assert found.errors == "not_found (404)"
    assert found.verify_jwt
    assert functions["cleanup-session"].schedule == "*/5 * * * *"
    assert functions["upload-lerg"].input == "text/csv"
    assert functions["create-organization"].output == "nothing"
    assert functions["manage-session"].environment == "SESSION_SECRET"
    assert not functions["ping-status"].verify_jwt


def test_the_document_is_openapi() -> None:
    validate(json.loads((FOLDER / "openapi.json").read_text("utf-8")))


def test_a_document_that_is_not_there_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(OperationError, match=r"^openapi\.json: .*; make it with `make documents`$"):
        load_functions(tmp_path / "openapi.json")
