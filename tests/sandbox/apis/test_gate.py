"""The token, the rate limit, and the ways to fail on demand."""

from __future__ import annotations

import httpx
import pytest

from sandbox.apis.faults import Failing, Fault, Plan
from sandbox.apis.gate import named
from sandbox.apis.limits import Limiter, Rate
from sandbox.apis.process import Apis
from tests.fix_apis import Api

FILES = {"index.ts": "Deno.serve(() => new Response());\n"}


@pytest.mark.parametrize(
    "path", ["/v1/projects", "/v1/projects/x/functions", "/sandbox/x/requests", "/v1/no"]
)
@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer sbp_0"}, {"authorization": "é".encode()}])
def test_who_does_not_know_the_token_is_told_nothing(
    apis: Apis, path: str, headers: dict[str, str | bytes]
) -> None:
    answer = httpx.get(f"{apis.url}{path}", headers=headers, trust_env=False)  # type: ignore[arg-type]  # bytes too
    assert (answer.status_code, answer.json()) == (401, {"message": "Unauthorized"})


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/v1/projects", ("", "GET projects")),
        ("GET", "/v1/projects/abc", ("abc", "GET project")),
        ("GET", "/v1/projects/abc/functions", ("abc", "GET functions")),
        ("POST", "/v1/projects/abc/functions/deploy", ("abc", "POST functions/deploy")),
        ("PATCH", "/v1/projects/abc/functions/hello", ("abc", "PATCH functions/*")),
        ("GET", "/v1/projects/abc/functions/hello/body", ("abc", "GET functions/*/body")),
        ("DELETE", "/v1/projects/abc/secrets", ("abc", "DELETE secrets")),
    ],
)
def test_an_endpoint_is_the_same_for_every_function(
    method: str, path: str, expected: tuple[str, str]
) -> None:
    assert named(method, path) == expected


class TestLimit:
    def test_a_window_opens_with_its_first_request_and_closes_for_all(self) -> None:
        now = 1000.0
        limiter = Limiter(Rate(requests=2, seconds=60), clock=lambda: now)
        taken = [limiter.take("a")]
        now += 20
        taken += [limiter.take("a"), limiter.take("a"), limiter.take("b")]
        now += 40
        taken.append(limiter.take("a"))
        left = [(ok, told["x-ratelimit-remaining"], told["x-ratelimit-reset"]) for ok, told in taken]
        assert left == [
            (True, "1", "60"),
            (True, "0", "40"),
            (False, "0", "40"),
            (True, "1", "60"),
            (True, "1", "60"),
        ]

    def test_it_is_that_of_the_real_api_and_told_with_every_answer(self, api: Api) -> None:
        first, second = (api.request("GET", "/functions/none").headers for _ in range(2))
        assert [first[f"x-ratelimit-{name}"] for name in ("limit", "remaining", "reset")] == [
            "120",
            "119",
            "60",
        ]
        assert second["x-ratelimit-remaining"] == "118"

    def test_who_asks_too_often_is_refused_there_alone(self, api: Api) -> None:
        api.limit(1)
        assert [api.request("GET", "/functions").status_code for _ in range(3)] == [200, 429, 429]
        assert api.request("GET", "/secrets").status_code == 200
        refused = api.request("GET", "/functions")
        assert refused.json() == {"message": "ThrottlerException: Too Many Requests"}
        assert refused.headers["x-ratelimit-remaining"] == "0"
        assert api.counted() == {
            ("GET functions", 200): 1,
            ("GET functions", 429): 3,
            ("GET secrets", 200): 1,
        }


class TestFaults:
    def test_an_error_is_answered_as_often_as_it_was_asked_for(self, api: Api) -> None:
        api.fail({"status": 503, "endpoint": "GET functions", "times": 2, "retry_after": 7})
        answers = [api.request("GET", "/functions") for _ in range(3)]
        assert [answer.status_code for answer in answers] == [503, 503, 200]
        assert answers[0].headers["retry-after"] == "7"
        assert api.request("GET", "/secrets").status_code == 200

    @pytest.mark.parametrize("applied", [True, False])
    def test_an_error_tells_nothing_of_what_was_done(self, api: Api, applied: bool) -> None:
        api.fail({"status": 500, "times": 1, "applied": applied})
        assert api.deploy("hello", FILES).status_code == 500
        assert (api.live.functions.keys() == {"hello"}) is applied

    @pytest.mark.parametrize("applied", [True, False])
    def test_an_answer_may_never_come(self, api: Api, applied: bool) -> None:
        api.fail({"kind": "timeout", "times": 1, "applied": applied})
        with pytest.raises(httpx.ReadTimeout):
            api.request("POST", "/secrets", json=[{"name": "A", "value": "1"}], timeout=0.2)
        assert bool(api.live.secrets) is applied
        assert api.request("GET", "/secrets").status_code == 200
        assert api.counted()[("POST secrets", 0)] == 1

    @pytest.mark.parametrize("method", ["GET", "POST"])
    def test_an_answer_may_break_off(self, api: Api, method: str) -> None:
        api.deploy("hello", FILES)
        api.fail({"kind": "cut", "times": 1})
        with pytest.raises(httpx.RemoteProtocolError):
            api.request(method, "/secrets", json=[{"name": "A", "value": "1"}])
        assert bool(api.live.secrets) is (method == "POST")

    def test_what_was_made_is_told_until_others_are_wanted(self, api: Api) -> None:
        def made() -> dict[str, int]:
            told: dict[str, int] = api.client.get(f"/sandbox/{api.ref}/faults").json()
            return told

        api.fail({"status": 500, "times": 2}, {"status": 502, "times": 1, "applied": True})
        for _ in range(4):
            api.request("GET", "/functions")
        assert made() == {"500": 2, "502, applied": 1}
        api.fail()
        assert made() == {}

    def test_a_seed_repeats_what_chance_did(self) -> None:
        plan = Plan([Fault(probability=0.3), Fault(status=429, probability=0.5, endpoint="a")], seed=7)

        def met() -> list[int]:
            failing = Failing(plan)
            return [fault.status if (fault := failing.take("a")) else 0 for _ in range(200)]

        assert met() == met()
        assert {0, 500, 429} == set(met())
