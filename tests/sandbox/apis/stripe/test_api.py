"""The stand-in for Stripe: who may ask, what is refused, and what is asked twice."""

from __future__ import annotations

import httpx
import pytest
import stripe

from sandbox import databases
from sandbox.apis.process import Apis
from sandbox.apis.stripe import seeds
from sandbox.cluster import Cluster
from tests.contract.stripe_walk import ask
from tests.fix_stripe import Account, OpenAccount

PLAN = {"name": "Plan"}


class TestKeys:
    @pytest.mark.parametrize(
        "key", ["sk_test_", "sk_live_x", "sk_test_nobody0123456789abcdef0123456789abcdef", "rk_test_1"]
    )
    def test_another_key_opens_nothing_and_is_not_repeated(self, apis: Apis, key: str) -> None:
        answer = httpx.get(
            f"{apis.url}/v1/products", headers={"authorization": f"Bearer {key}"}, trust_env=False
        )
        assert answer.status_code == 401
        assert answer.json()["error"]["message"].startswith(
            "Invalid API Key provided: sk_" if key[0] == "s" else "Inv"
        )
        assert len(key) < 14 or key not in answer.text

    def test_a_key_tells_its_mode(self, open_account: OpenAccount) -> None:
        production, staging = open_account("production"), open_account("staging")
        assert (production.key[:8], staging.key[:8]) == ("sk_live_", "sk_test_")
        assert production.api.post("/v1/products", data=PLAN).json()["livemode"] is True

    def test_the_other_mode_has_no_key(self, account: Account, apis: Apis) -> None:
        live = account.key.replace("sk_test_", "sk_live_")
        answer = httpx.get(
            f"{apis.url}/v1/products", headers={"authorization": f"Bearer {live}"}, trust_env=False
        )
        assert answer.status_code == 401

    def test_accounts_know_nothing_of_each_other(self, open_account: OpenAccount) -> None:
        ours, theirs = open_account(), open_account()
        product = ours.api.post("/v1/products", data=PLAN).json()["id"]
        assert theirs.api.get(f"/v1/products/{product}").status_code == 404


class TestIdempotency:
    def test_a_repeated_request_is_done_once(self, account: Account) -> None:
        headers = {"idempotency-key": "one"}
        first, second = (account.api.post("/v1/products", data=PLAN, headers=headers) for _ in range(2))
        assert first.json() == second.json()
        assert second.headers["idempotent-replayed"] == "true"
        assert first.headers["request-id"] != second.headers["request-id"]
        assert account.events() == ["product.created"]

    def test_a_key_is_for_one_request(self, account: Account) -> None:
        headers = {"idempotency-key": "one"}
        account.api.post("/v1/products", data=PLAN, headers=headers)
        answer = account.api.post("/v1/products", data={"name": "Other"}, headers=headers)
        assert (answer.status_code, answer.json()["error"]["type"]) == (400, "idempotency_error")

    def test_what_was_refused_may_be_asked_better(self, account: Account) -> None:
        headers = {"idempotency-key": "one"}
        assert account.api.post("/v1/products", data={}, headers=headers).status_code == 400
        assert account.api.post("/v1/products", data=PLAN, headers=headers).status_code == 200

    def test_an_answer_that_was_lost_is_given_again(self, account: Account) -> None:
        account.tell("faults", "PUT", faults=[{"kind": "timeout", "applied": True, "times": 1}])
        headers = {"idempotency-key": "one"}
        with pytest.raises(httpx.TimeoutException):
            account.api.post("/v1/products", data=PLAN, headers=headers, timeout=0.5)
        assert account.api.post("/v1/products", data=PLAN, headers=headers).status_code == 200
        assert account.events() == ["product.created"]


@pytest.mark.parametrize(
    ("request_", "params", "status", "code", "param"),
    [
        ("POST products", {}, 400, "parameter_missing", "name"),
        ("POST products", {"name": "x", "nmae": "x"}, 400, "parameter_unknown", "nmae"),
        ("POST products", {"name": "x", "active": "maybe"}, 400, "parameter_invalid", "active"),
        ("GET products/prod_x", {}, 404, "resource_missing", "id"),
        ("GET prices", {"limit": 0}, 400, None, "limit"),
        ("GET prices", {"lookup_keys": [str(n) for n in range(11)]}, 400, None, "lookup_keys"),
        (
            "POST prices",
            {"currency": "usd", "product": "x", "unit_amount": 1},
            400,
            "resource_missing",
            "product",
        ),
        (
            "POST prices",
            {"currency": "usd", "product": "x", "unit_amount": 1, "recurring": {"interval": "moon"}},
            400,
            "parameter_invalid",
            "recurring[interval]",
        ),
        ("POST webhook_endpoints", {"url": "x", "enabled_events": ["*"]}, 400, "url_invalid", "url"),
        (
            "POST webhook_endpoints",
            {"url": "https://x.y", "enabled_events": ["x"]},
            400,
            None,
            "enabled_events",
        ),
        ("GET customers/cus_x", {"expand": ["a.b.c.d.e"]}, 404, "resource_missing", "id"),
        ("GET events", {"expand": ["nothing"]}, 400, "property_not_expandable", "expand"),
        ("GET nothing", {}, 404, None, None),
        ("POST billing_portal/sessions", {"customer": "cus_x"}, 400, "resource_missing", "customer"),
    ],
)
def test_a_refusal_names_what_is_wrong(
    account: Account,
    request_: str,
    params: dict[str, object],
    status: int,
    code: str | None,
    param: str | None,
) -> None:
    step = ask(account.api, request_, params)
    error = step.answer["error"]
    assert (step.status, error.get("code"), error.get("param")) == (status, code, param)
    assert error["message"]


def test_another_version_is_not_spoken(account: Account) -> None:
    answer = account.api.get("/v1/products", headers={"stripe-version": "2020-08-27"})
    assert answer.status_code == 400


def test_who_asks_too_often_is_told_so(account: Account) -> None:
    account.tell("rate", "PUT", requests=2, seconds=60)
    answers = [account.api.get("/v1/prices") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[2].json()["error"]["code"] == "rate_limit"
    assert answers[2].headers["stripe-rate-limited-reason"] == "endpoint-rate"
    with pytest.raises(stripe.RateLimitError):
        account.stripe.v1.prices.list()
    counted = {(each["endpoint"], each["status"]): each["count"] for each in account.tell("requests", "GET")}
    assert counted == {("GET prices", 200): 2, ("GET prices", 429): 2}


def test_an_endpoint_is_the_same_for_every_object(account: Account) -> None:
    product = account.api.post("/v1/products", data=PLAN).json()["id"]
    account.api.get(f"/v1/products/{product}")
    assert {each["endpoint"] for each in account.tell("requests", "GET")} == {
        "POST products",
        "GET products/*",
    }


def test_a_list_is_read_page_by_page(account: Account) -> None:
    names = [f"Plan {number}" for number in range(7)]
    for name in names:
        account.api.post("/v1/products", data={"name": name})
    listed = account.stripe.v1.products.list({"limit": 3})
    assert [product.name for product in listed.auto_paging_iter()] == names[::-1]
    before = account.stripe.v1.products.list({"limit": 2, "ending_before": listed.data[2].id})
    assert [product.name for product in before.data] == names[5:][::-1]


def test_a_copy_is_an_account_of_its_own(sandbox_cluster: Cluster, open_account: OpenAccount) -> None:
    original = open_account("staging")
    accounts = databases.accounts(sandbox_cluster)
    seeds.copied(accounts, original.ref, "copyofstaging")
    try:
        with accounts.open("copyofstaging") as books:
            (endpoint,) = books.all("webhook_endpoint")
            assert endpoint["url"] == "https://copyofstaging.supabase.co/functions/v1/stripe-events"
            books.drop(endpoint["id"])
        assert len(original.stripe.v1.webhook_endpoints.list().data) == 1
    finally:
        accounts.remove("copyofstaging")
