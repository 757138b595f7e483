"""The contract with the Management API, from management-api.yaml."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator

FILE = Path(__file__).parent / "management-api.yaml"

Schema = dict[str, Any]


@cache
def contract() -> dict[str, Any]:
    """The whole file."""
    loaded: dict[str, Any] = yaml.safe_load(FILE.read_text("utf-8"))
    return loaded


def operation(method: str, path: str) -> dict[str, Any]:
    """What is agreed on a request, by its method and its path as it is sent."""
    for template, operations in contract()["paths"].items():
        # Of a fixed part and a name, the fixed part decides, and it comes first in the file.
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path) and method.lower() in operations:
            found: dict[str, Any] = operations[method.lower()]
            return found
    raise AssertionError(f"{method} {path} is not part of the contract")


def resolved(schema: Schema) -> Schema:
    """A schema without references."""
    if "$ref" in schema:
        return resolved(contract()["schemas"][schema["$ref"]])
    result = dict(schema)
    if "items" in schema:
        result["items"] = resolved(schema["items"])
    if "properties" in schema:
        result["properties"] = {name: resolved(each) for name, each in schema["properties"].items()}
    return result


def faults(schema: Schema, value: Any) -> list[str]:
    """What of a value is not as agreed; a property that is not agreed is one thing more."""
    validator = Draft202012Validator(_closed(resolved(schema)))
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]


def _closed(schema: Schema) -> Schema:
    result = dict(schema)
    if "items" in schema:
        result["items"] = _closed(schema["items"])
    if "properties" in schema:
        result["properties"] = {name: _closed(each) for name, each in schema["properties"].items()}
        result["additionalProperties"] = False
    return result
