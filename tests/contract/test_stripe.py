"""The sandbox's stand-in for Stripe is held to Stripe's own description of its API.

The types of Stripe's library tell what an answer looks like. Where STRIPE_MOCK names the program of Stripe's
own mock, or it is on the PATH (`go install github.com/stripe/stripe-mock@v0.203.0`), it must accept the same
requests, and its answers hold nothing that the stand-in's lack.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import httpx
import pytest

from sandbox.apis.stripe.service import ENDPOINTS
from tests.contract.stripe_types import faults
from tests.contract.stripe_walk import Step, Walk, ask
from tests.fix_stripe import Account

STRIPE_MOCK = os.environ.get("STRIPE_MOCK") or shutil.which("stripe-mock")


@pytest.fixture
def walk(account: Account) -> Walk:
    """All endpoints, asked."""
    walked = Walk(account.api)
    walked.everything()
    annual = walked("GET prices", lookup_keys=["a"])["data"][0]
    customer = walked("POST customers", email="payer@example.com")
    account.tell(f"customers/{customer['id']}/card", card="pm_card_visa")
    item = {"price": annual["id"]}
    monthly = walked("GET prices", lookup_keys=["m"])["data"][0]
    subscription = walked("POST subscriptions", customer=customer["id"], items=[{"price": monthly["id"]}])
    walked.paid(subscription, annual)
    account.tell(f"customers/{customer['id']}/card", card="pm_card_chargeCustomerFail")
    unpaid = walked("POST subscriptions", customer=customer["id"], items=[item])
    account.tell(f"customers/{customer['id']}/card", card="pm_card_visa")
    walked(f"POST invoices/{unpaid['latest_invoice']}/pay")
    return walked


def test_every_answer_is_of_the_librarys_types(walk: Walk) -> None:
    found = {fault for step in walk.steps for fault in faults(step.answer)}
    assert not found, "\n".join(sorted(found))


@pytest.mark.usefixtures("walk")
def test_every_event_is_of_the_librarys_types(account: Account) -> None:
    events = account.api.get("/v1/events", params={"limit": 100}).json()["data"]
    objects = [event["data"]["object"] for event in events]
    found = {fault for item in objects for fault in faults(item)}
    assert not found, "\n".join(sorted(found))
    assert {"payment_method", "invoice", "subscription"} <= {item["object"] for item in objects}


def test_every_endpoint_is_asked(walk: Walk) -> None:
    asked = {(step.method, path_of(step)) for step in walk.steps}
    assert asked == ENDPOINTS.keys()


@pytest.mark.skipif(not STRIPE_MOCK, reason="neither STRIPE_MOCK nor the PATH has stripe-mock")
def test_stripes_own_mock_takes_the_same_requests(walk: Walk, mock: httpx.Client) -> None:
    found: set[str] = set()
    for step in walk.steps:
        # The mock knows the versions up to its own alone.
        params = {name: value for name, value in step.params.items() if name != "api_version"}
        theirs = ask(mock, f"{step.method} {step.path}", params)
        assert theirs.status == 200, (step, theirs.answer)
        found |= {f"{path_of(step)} {each}" for each in lacking(theirs.answer, step.answer)}
    assert not found, "\n".join(sorted(found))


@pytest.fixture
def mock() -> Iterator[httpx.Client]:
    """Stripe's own mock, running."""
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    command = [str(STRIPE_MOCK), "-http-addr", f"127.0.0.1:{port}"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        headers = {"authorization": "Bearer sk_test_123"}
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, trust_env=False) as client:
            _await_answer(client)
            yield client
        process.terminate()


def path_of(step: Step) -> str:
    """The path with the name of an ID in its place."""
    return re.sub(r"\b\w+_(?:test_)?[A-Za-z0-9]{14,}", "{id}", step.path)


UNASKED = {"refunds", "flexible"}
"""What the mock always tells, and the API only to whoever expands it, or has another billing mode."""


def lacking(theirs: Any, ours: Any, path: str = "$") -> Iterator[str]:
    """What their answer has, and ours lacks, where both are objects."""
    if isinstance(theirs, dict) and isinstance(ours, dict):
        if theirs.get("object") != ours.get("object"):
            return
        for name, value in theirs.items():
            if name not in ours and value is not None and name not in UNASKED:
                yield f"{path}.{name}"
            else:
                yield from lacking(value, ours.get(name), f"{path}.{name}")
    elif isinstance(theirs, list) and isinstance(ours, list):
        for each, our in zip(theirs, ours, strict=False):
            yield from lacking(each, our, f"{path}[]")


def _await_answer(client: httpx.Client) -> None:
    for _ in range(200):
        try:
            client.get("/v1/products")
        except httpx.ConnectError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("stripe-mock did not start")
