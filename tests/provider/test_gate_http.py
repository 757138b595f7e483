"""Checks that ask functions: what they send, and what they make of the answer."""

from __future__ import annotations

import json
from typing import Any

import httpx
import jwt
import pytest

from provider.gates import http
from provider.schema.rollout import Asked, Check
from provider.target import SECRETS, Target
from tests.targets import target_of

SECRET = "s" * 32


def target(functions_url: str = "http://here", jwt_secret: str = SECRET) -> Target:
    return target_of(
        "abc",
        functions_url=functions_url,
        secrets={**dict.fromkeys(SECRETS, ""), "jwtSecret": jwt_secret},
    )


def check(*asked: Asked) -> Check:
    return Check(id="2.x", item="x", section="12", kind="http", asked=list(asked))


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[httpx.Request]:
    """Answers with 403 whoever shows no token, and otherwise with what was asked."""
    requests: list[httpx.Request] = []

    def post(url: str, **given: Any) -> httpx.Response:
        request = httpx.Request("POST", url, json=given["json"], headers=given["headers"])
        requests.append(request)
        known = "authorization" in request.headers
        return httpx.Response(200 if known else 403, json={"of": json.loads(request.content)})

    monkeypatch.setattr(httpx, "post", post)
    return requests


def test_all_is_so(sent: list[httpx.Request]) -> None:
    granted = Asked(function="f", service=True, input={"n": 5}, holds={"of.n": 5}, least={"of.n": 5})
    assert http.run(target(), check(Asked(function="f", status=403), granted)) is None
    claims = jwt.decode(sent[1].headers["authorization"].removeprefix("Bearer "), SECRET, ["HS256"])
    assert claims["role"] == "service_role"
    assert str(sent[1].url) == "http://here/f"


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (Asked(function="f"), "saw f answer 403, wanted 200"),
        (Asked(function="f", service=True, holds={"of.n": 1}), "saw of.n None of f, wanted 1"),
        (
            Asked(function="f", service=True, input={"n": 4}, least={"of.n": 5}),
            "saw of.n 4 of f, wanted 5 at least",
        ),
    ],
)
def test_what_is_not_so_is_told(sent: list[httpx.Request], asked: Asked, told: str) -> None:
    assert http.run(target(), check(asked)) == told
    assert len(sent) == 1


def test_nobody_is_asked_where_nobody_serves_functions(sent: list[httpx.Request]) -> None:
    assert http.run(target(functions_url=""), check(Asked(function="f"))) is None
    assert sent == []


def test_nobody_speaks_for_a_service_whose_secret_is_not_known(sent: list[httpx.Request]) -> None:
    assert http.run(target(jwt_secret=""), check(Asked(function="f", service=True))) is None
    assert sent == []


def test_a_gateway_that_is_down_is_told() -> None:
    told = http.run(target(functions_url="http://127.0.0.1:1"), check(Asked(function="f")))
    assert told == "saw f answer ConnectError, wanted 200"
