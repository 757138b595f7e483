"""The sandbox's stand-in for the Management API keeps the contract; every operation of it is called."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.contract.schemas import contract, faults, operation
from tests.fix_apis import Api

FILES = {"hello/index.ts": "Deno.serve(() => new Response());\n", "deno.json": "{}"}
SECRETS = [{"name": "A", "value": "1"}]
SERVICES = "auth,db,db_postgres_user,pooler,realtime,rest,storage,pg_bouncer"

ITEM = {"id": "1", "slug": "hello", "name": "hello", "status": "ACTIVE", "version": 9}

CALLS: dict[tuple[str, str], Callable[[Api], httpx.Response]] = {
    ("get", "/v1/projects"): lambda api: api.client.get("/v1/projects"),
    ("get", "/v1/projects/{ref}"): lambda api: api.request("GET", ""),
    ("get", "/v1/projects/{ref}/health"): lambda api: api.request("GET", f"/health?services={SERVICES}"),
    ("get", "/v1/projects/{ref}/functions"): lambda api: api.request("GET", "/functions"),
    ("put", "/v1/projects/{ref}/functions"): lambda api: api.request("PUT", "/functions", json=[ITEM]),
    ("post", "/v1/projects/{ref}/functions/deploy"): lambda api: api.deploy(
        "hello", FILES, import_map_path="deno.json"
    ),
    ("get", "/v1/projects/{ref}/functions/{function_slug}"): lambda api: api.request(
        "GET", "/functions/hello"
    ),
    ("patch", "/v1/projects/{ref}/functions/{function_slug}"): lambda api: api.request(
        "PATCH", "/functions/hello", json={"verify_jwt": False}
    ),
    ("delete", "/v1/projects/{ref}/functions/{function_slug}"): lambda api: api.request(
        "DELETE", "/functions/hello"
    ),
    ("get", "/v1/projects/{ref}/functions/{function_slug}/body"): lambda api: api.request(
        "GET", "/functions/hello/body", headers={"accept": "multipart/form-data"}
    ),
    ("get", "/v1/projects/{ref}/secrets"): lambda api: api.request("GET", "/secrets"),
    ("post", "/v1/projects/{ref}/secrets"): lambda api: api.request("POST", "/secrets", json=SECRETS),
    ("delete", "/v1/projects/{ref}/secrets"): lambda api: api.request("DELETE", "/secrets", json=["A"]),
}


@pytest.fixture
def filled(api: Api) -> Api:
    """A project with a function and a secret."""
    api.deploy("hello", FILES, import_map_path="deno.json")
    api.request("POST", "/secrets", json=SECRETS)
    return api


@pytest.mark.parametrize(
    ("method", "path"),
    [(method, path) for path, methods in contract()["paths"].items() for method in methods],
)
def test_every_answer_is_as_agreed(filled: Api, method: str, path: str) -> None:
    answer = CALLS[method, path](filled)
    answers = contract()["paths"][path][method]["answers"]
    assert answer.status_code in answers, answer.text
    schema = answers[answer.status_code]
    if path.endswith("/body"):
        assert answer.headers["content-type"].startswith("multipart/form-data; boundary=")
    elif schema is not None:
        assert faults(schema, _of_real_form(answer.json())) == []


def _of_real_form(told: Any) -> Any:
    """An answer without the scratch projects of other tests: their refs are the sandbox's own."""
    return [each for each in told if "_" not in each.get("ref", "")] if isinstance(told, list) else told


@pytest.mark.parametrize("status", contract()["refusals"])
def test_every_refusal_tells_why(filled: Api, status: int) -> None:
    filled.fail({"status": status})
    for call in CALLS.values():
        answer = call(filled)
        if "/projects/" in answer.url.path:  # the list of all belongs to no project
            assert answer.status_code == status
            assert list(answer.json()) == ["message"]


def test_what_is_not_agreed_is_seen(filled: Api) -> None:
    (told,) = filled.request("GET", "/functions").json()
    schema = operation("GET", "/v1/projects/x/functions")["answers"][200]
    assert faults(schema, [told]) == []
    for wrong in ({**told, "more": 1}, {**told, "version": "1"}, {**told, "status": "GONE"}, {}):
        assert faults(schema, [wrong])
