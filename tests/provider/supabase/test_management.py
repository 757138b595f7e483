"""The provider's requests: as agreed, repeated where that helps, and told in one sentence where not."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from email import message_from_bytes
from email.message import Message
from typing import Any, cast

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from provider.errors import ProviderError
from provider.supabase.management import Management
from provider.target import Target
from sandbox.apis import multipart
from tests.contract.schemas import faults, operation
from tests.fix_apis import Api
from tests.provider.supabase.conftest import SHORT, NewPlane, Plane, Time

CANARY = "canary"
FILES = {"hello/index.ts": b"Deno.serve(() => new Response());\n", "deno.json": b"{}"}

CALLS: dict[str, Callable[[Management], object]] = {
    "GET functions": lambda api: api.functions(),
    "GET functions/*": lambda api: api.function("hello"),
    "GET functions/*/body": lambda api: api.sources("hello"),
    "POST functions/deploy": lambda api: deploy(api),
    "PATCH functions/*": lambda api: api.set_verify_jwt("hello", False),
    "DELETE functions/*": lambda api: api.delete_function("hello"),
    "GET secrets": lambda api: api.secrets(),
    "POST secrets": lambda api: api.set_secret("A", "1"),
    "DELETE secrets": lambda api: api.delete_secret("A"),
}

FAULTS: list[dict[str, Any]] = [
    {"status": 500},
    {"status": 503, "applied": True},
    {"status": 429},
    {"status": 429, "retry_after": 3},
    {"kind": "timeout"},
    {"kind": "timeout", "applied": True},
    {"kind": "cut"},
]


def deploy(api: Management, verify_jwt: bool = False) -> object:
    return api.deploy(
        "hello", FILES, entrypoint="hello/index.ts", import_map="deno.json", verify_jwt=verify_jwt
    )


def parts(request: httpx.Request) -> dict[str, list[Message]]:
    head = b"content-type: " + request.headers["content-type"].encode() + b"\r\n\r\n"
    found: dict[str, list[Message]] = {}
    for part in cast(list[Message], message_from_bytes(head + request.read()).get_payload()):
        found.setdefault(str(part.get_param("name", header="content-disposition")), []).append(part)
    return found


def assert_agreed(request: httpx.Request) -> None:
    agreed = operation(request.method, request.url.path)
    for name, value in request.url.params.items():
        assert faults(agreed["query"][name]["schema"], value) == []
    bodies = agreed.get("body", {})
    if "application/json" in bodies:
        assert request.headers["content-type"] == "application/json"
        assert faults(bodies["application/json"], json.loads(request.content)) == []
    elif bodies:
        (metadata,) = parts(request)["metadata"]
        sent = {"metadata": json.loads(str(metadata.get_payload())), "file": ["…"]}
        assert faults(bodies["multipart/form-data"], sent) == []


class TestRequests:
    @pytest.mark.parametrize("endpoint", CALLS)
    def test_each_is_as_agreed(
        self, plane: Plane, api: Api, endpoint: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        deploy(plane.management)
        sent: list[httpx.Request] = []
        send = httpx.Client.send

        def spy(client: httpx.Client, request: httpx.Request, **given: Any) -> httpx.Response:
            sent.append(request)
            return send(client, request, **given)

        monkeypatch.setattr(httpx.Client, "send", spy)
        CALLS[endpoint](plane.management)
        (request,) = sent
        assert_agreed(request)
        assert any(counted == endpoint for counted, status in api.counted() if status < 400)

    def test_files_arrive_as_they_are(self, plane: Plane, api: Api) -> None:
        deploy(plane.management)
        source = api.live.functions["hello"].source
        assert api.projects.files(source.bundle) == FILES
        assert (source.entrypoint_path, source.import_map_path) == ("hello/index.ts", "deno.json")
        assert source.verify_jwt is False

    def test_files_come_back_as_they_are(self, plane: Plane) -> None:
        deploy(plane.management)
        assert plane.management.sources("hello") == (FILES, "hello/index.ts")

    def test_what_is_not_there_is_none(self, plane: Plane) -> None:
        assert plane.management.function("hello") is None
        assert plane.management.sources("hello") is None
        plane.management.delete_function("hello")
        plane.management.delete_secret("A")


@given(st.dictionaries(st.from_regex(r"[a-z]{1,5}\.ts", fullmatch=True), st.binary(max_size=50), min_size=1))
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_a_download_keeps_every_byte(files: dict[str, bytes]) -> None:
    from provider.supabase.management import _sources

    sent = multipart.response({"deno2_entrypoint_path": "a.ts"}, files)
    answer = httpx.Response(200, headers=dict(sent.headers), content=bytes(sent.body))
    assert _sources(answer) == (files, "a.ts")


class TestRepeating:
    @pytest.mark.parametrize("fault", FAULTS, ids=str)
    @pytest.mark.parametrize("endpoint", CALLS)
    def test_a_passing_fault_is_waited_out(
        self, new_plane: NewPlane, api: Api, endpoint: str, fault: dict[str, Any]
    ) -> None:
        management = new_plane(timeout=SHORT).management
        deploy(management, verify_jwt=True)
        management.set_secret("A", "0")
        api.fail({**fault, "endpoint": endpoint, "times": 2})
        CALLS[endpoint](management)
        hello = api.live.functions.get("hello")
        assert (hello is None) is (endpoint == "DELETE functions/*")
        if endpoint in ("POST functions/deploy", "PATCH functions/*"):
            assert hello
            assert hello.source.verify_jwt is False
        secrets = {name: secret.value for name, secret in api.live.secrets.items()}
        assert secrets == {"POST secrets": {"A": "1"}, "DELETE secrets": {}}.get(endpoint, {"A": "0"})

    @pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 409])
    def test_what_would_be_refused_again_is_not_repeated(self, plane: Plane, api: Api, status: int) -> None:
        api.fail({"status": status})
        with pytest.raises(ProviderError):
            plane.management.functions()
        assert api.counted() == {("GET functions", status): 1}

    def test_a_fault_that_lasts_is_told(self, plane: Plane, api: Api, time: Time) -> None:
        api.fail({"status": 502})
        with pytest.raises(ProviderError) as raised:
            plane.management.functions()
        assert str(raised.value) == (
            f"the Management API of scratch ({api.ref}, sandbox) answered GET functions with 502: The "
            "sandbox was told to answer 502; run the same command again; what was done before stays done"
        )
        assert api.counted() == {("GET functions", 502): 8}
        assert time.now - 1000 < 60

    @pytest.mark.parametrize(("headers", "seconds"), [({"retry_after": 7}, 7), ({}, 60)])
    def test_a_refusal_is_waited_for_as_long_as_it_says(
        self, plane: Plane, api: Api, time: Time, headers: dict[str, int], seconds: int
    ) -> None:
        api.fail({"status": 429, "times": 3, **headers})
        assert plane.management.functions() == {}
        assert 3 * seconds <= time.now - 1000 <= 3 * seconds + 1

    def test_a_refusal_without_end_is_told(self, plane: Plane, api: Api) -> None:
        api.fail({"status": 429})
        with pytest.raises(ProviderError, match=r"still refuses GET functions: too many requests$"):
            plane.management.functions()


def test_no_request_is_refused_where_all_are_counted(api: Api, new_plane: NewPlane) -> None:
    """On the real clock, as the API counts on it."""
    import time

    api.limit(5, seconds=1)
    management = new_plane(clock=time.monotonic, sleep=time.sleep).management
    for _ in range(12):
        management.functions()
    assert api.counted() == {("GET functions", 200): 12}


class TestErrors:
    def told(self, plane: Plane, api: Api, status: int, endpoint: str = "GET functions") -> str:
        api.fail({"status": status})
        with pytest.raises(ProviderError) as raised:
            CALLS[endpoint](plane.management)
        return str(raised.value)

    @pytest.mark.parametrize(
        ("status", "endpoint", "step"),
        [
            (401, "GET functions", "set another with `pulumi config set --secret voip:accessToken`"),
            (402, "POST functions/deploy", "the plan allows no more functions"),
            (403, "GET functions", "give the token the right edge_functions_read"),
            (403, "POST functions/deploy", "give the token the right edge_functions_write"),
            (403, "POST secrets", "give the token the right edge_functions_secrets_write"),
            (404, "GET functions", "correct voip:projectRef"),
            (404, "PATCH functions/*", "run the same command again"),
        ],
    )
    def test_each_refusal_names_the_next_step(
        self, plane: Plane, api: Api, status: int, endpoint: str, step: str
    ) -> None:
        message = self.told(plane, api, status, endpoint)
        assert f"answered {endpoint} with {status}" in message
        assert step in message
        assert "\n" not in message

    def test_no_secret_is_told(self, plane: Plane, api: Api) -> None:
        for status in (400, 403, 500):
            api.fail({"status": status})
            with pytest.raises(ProviderError) as raised:
                plane.management.set_secret("A", "canary")
            assert "canary" not in str(raised.value)
            assert "told to answer" not in str(raised.value)

    def test_neither_is_the_token(self, new_plane: NewPlane, project: Target) -> None:
        management = new_plane(replace(project, access_token=CANARY)).management
        with pytest.raises(ProviderError, match="the token is not valid") as raised:
            management.functions()
        assert CANARY not in str(raised.value) + repr(management) + repr(project)

    def test_without_a_token_nothing_is_asked(self, new_plane: NewPlane, project: Target, api: Api) -> None:
        management = new_plane(replace(project, access_token="")).management
        with pytest.raises(ProviderError, match=r"^voip:accessToken of scratch .* is not set; make a token"):
            management.functions()
        assert api.counted() == {}

    def test_an_api_that_is_down_is_told(self, new_plane: NewPlane, project: Target) -> None:
        management = new_plane(replace(project, management_url="http://127.0.0.1:1")).management
        with pytest.raises(
            ProviderError, match=r"can't be reached: .*refused.*; start it with `make sandbox`$"
        ):
            management.functions()

    def test_an_answer_in_another_form_is_told(self, plane: Plane, monkeypatch: pytest.MonkeyPatch) -> None:
        def answer(client: httpx.Client, method: str, url: str) -> httpx.Response:
            return httpx.Response(200, json={"functions": []}, request=client.build_request(method, url))

        monkeypatch.setattr(httpx.Client, "request", answer)
        with pytest.raises(ProviderError, match=r"answered GET /v1/projects/\w+/functions in another form"):
            plane.management.functions()
