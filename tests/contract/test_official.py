"""The contract against the official document, where that is at hand: it is Supabase's, so it isn't here."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.contract.schemas import Schema, contract, resolved

NAMED = os.environ.get("MANAGEMENT_API_SPEC")
BESIDE = Path(__file__).resolve().parents[3] / "shared" / "specs" / "supabase-management-api.openapi.json"
DOCUMENT = Path(NAMED) if NAMED else BESIDE

WORDS = {"example", "description", "deprecated"}
"""What tells a reader something and changes nothing."""

pytestmark = pytest.mark.skipif(
    not NAMED and not BESIDE.exists(), reason="the official document is not at hand (MANAGEMENT_API_SPEC)"
)


@pytest.fixture(scope="module")
def official() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(DOCUMENT.read_text("utf-8"))
    return document


def operations() -> list[Any]:
    return [
        pytest.param(path, method, id=f"{method} {path}")
        for path, methods in contract()["paths"].items()
        for method in methods
    ]


def without_references(document: dict[str, Any], schema: Schema) -> Schema:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return without_references(document, document["components"]["schemas"][name])
    result = {key: value for key, value in schema.items() if key not in WORDS}
    if "items" in schema:
        result["items"] = without_references(document, schema["items"])
    if "properties" in schema:
        result["properties"] = {
            name: without_references(document, each) for name, each in schema["properties"].items()
        }
    return result


def narrowed(theirs: Schema, ours: Schema) -> Schema:
    """Their schema with the properties alone that ours knows; what they require can't be left out."""
    result = dict(theirs)
    if "items" in theirs and "items" in ours:
        result["items"] = narrowed(theirs["items"], ours["items"])
    if "properties" in theirs and "properties" in ours:
        result["properties"] = {
            name: narrowed(each, ours["properties"][name])
            for name, each in theirs["properties"].items()
            if name in ours["properties"]
        }
    return result


def assert_same(document: dict[str, Any], ours: Schema | None, theirs: Schema | None) -> None:
    if ours is None or theirs is None:
        assert ours is theirs
        return
    ours = resolved(ours)
    assert ours == narrowed(without_references(document, theirs), ours)


@pytest.mark.parametrize(("path", "method"), operations())
def test_what_is_agreed_is_what_the_document_says(official: dict[str, Any], path: str, method: str) -> None:
    ours, theirs = contract()["paths"][path][method], official["paths"][path][method]
    given = {each["name"]: each for each in theirs.get("parameters", []) if each["in"] == "query"}
    for name, parameter in ours.get("query", {}).items():
        assert parameter["required"] == given[name]["required"]
        assert_same(official, parameter["schema"], given[name]["schema"])
    required = {name for name, each in given.items() if each["required"]}
    assert required <= ours.get("query", {}).keys()
    bodies = theirs.get("requestBody", {}).get("content", {})
    for media_type, schema in ours.get("body", {}).items():
        assert_same(official, schema, bodies[media_type]["schema"])
    assert bool(bodies) == ("body" in ours)
    for status, schema in ours["answers"].items():
        content = theirs["responses"][str(status)].get("content")
        assert_same(official, schema, content["application/json"]["schema"] if content else None)


@pytest.mark.parametrize(("path", "method"), operations())
def test_every_operation_can_be_refused_alike(official: dict[str, Any], path: str, method: str) -> None:
    assert {str(status) for status in contract()["refusals"]} <= official["paths"][path][method][
        "responses"
    ].keys()


def test_names_are_of_the_documents_form(official: dict[str, Any]) -> None:
    (ref,) = official["paths"]["/v1/projects/{ref}"]["get"]["parameters"]
    assert_same(official, {"$ref": "Ref"}, ref["schema"])
