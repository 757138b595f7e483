"""What docs/functions.md tells of each edge function, from the OpenAPI document that their code makes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from operations.errors import OperationError

Schema = Mapping[str, Any]

COMMON_ENVIRONMENT = ("ALLOWED_ORIGINS", "SUPABASE_DB_URL", "JWT_SECRET|SUPABASE_JWKS")


@dataclass(frozen=True)
class Function:
    """One edge function, in the words of a line."""

    slug: str
    summary: str
    group: str
    callers: str
    methods: str
    input: str
    output: str
    errors: str
    """Its own refusals, as `code (status)`."""
    environment: str
    """What it reads beside what every function does."""
    verify_jwt: bool
    schedule: str | None


@dataclass(frozen=True)
class Catalogue:
    """All functions, by group and slug, and what any of them may answer."""

    common_errors: str
    functions: list[Function]


def load_functions(path: Path) -> Catalogue:
    """What an OpenAPI document tells."""
    try:
        document = json.loads(path.read_text("utf-8"))
        common, paths = document["x-common-errors"], document["paths"]
    except (OSError, ValueError, KeyError) as error:
        raise OperationError(f"{path.name}: {error!r}; make it with `make documents`") from None
    functions = [_function(name.removeprefix("/"), operations) for name, operations in paths.items()]
    return Catalogue(
        ", ".join(f"{code} ({status})" for code, status in common.items()),
        sorted(functions, key=lambda function: (function.group, function.slug)),
    )


def _function(slug: str, operations: Mapping[str, Any]) -> Function:
    # A function's operations differ in the place of their input alone; a body tells it as one schema.
    operation = operations.get("post") or operations["get"]
    return Function(
        slug=slug,
        summary=operation["summary"],
        group=operation["tags"][0],
        callers=", ".join(operation["x-callers"]),
        methods=", ".join(method.upper() for method in operations),
        input=_input(operation),
        output=_output(operation["responses"]),
        errors=", ".join(_errors(operation)) or "the common ones",
        environment=", ".join(name for name in operation["x-environment"] if name not in COMMON_ENVIRONMENT),
        verify_jwt=operation["x-verify-jwt"],
        schedule=operation.get("x-schedule"),
    )


def _input(operation: Mapping[str, Any]) -> str:
    if "requestBody" not in operation:
        return ", ".join(parameter["name"] for parameter in operation["parameters"]) or "nothing"
    [(media_type, body)] = operation["requestBody"]["content"].items()
    return shape(body["schema"]) if media_type == "application/json" else media_type


def _output(responses: Mapping[str, Any]) -> str:
    contents = (response.get("content") for response in responses.values())
    return next((shape(content["application/json"]["schema"]) for content in contents if content), "nothing")


def _errors(operation: Mapping[str, Any]) -> Iterator[str]:
    for status, response in operation["responses"].items():
        codes = response["description"].split(", ") if "$ref" in response else []
        yield from (f"{code} ({status})" for code in codes if code in operation["x-errors"])


def shape(schema: Schema) -> str:
    """A JSON schema in one line, such as `{npa: string, notes?: string | null}` or `string[]`."""
    return " | ".join(_choices(schema))


def _choices(schema: Schema) -> list[str]:
    for union in ("oneOf", "anyOf"):
        if union in schema:
            return [choice for each in schema[union] for choice in _choices(each)]
    if "const" in schema or "enum" in schema:
        return [json.dumps(value) for value in schema.get("enum", [schema.get("const")])]
    kind = schema.get("type", "any")
    if isinstance(kind, list):
        return [choice for each in kind for choice in _choices({**schema, "type": each})]
    if kind == "array":
        items = _choices(schema["items"])
        return [f"({' | '.join(items)})[]" if len(items) > 1 else f"{items[0]}[]"]
    return [_object(schema) if kind == "object" else str(schema.get("format", kind))]


def _object(schema: Schema) -> str:
    fields = [
        f"{name}{'' if name in schema.get('required', []) else '?'}: {shape(each)}"
        for name, each in schema.get("properties", {}).items()
    ]
    rest = schema.get("additionalProperties")
    if isinstance(rest, Mapping) and rest:
        fields.append(f"[name]: {shape(rest)}")
    return "{" + ", ".join(fields) + "}"
