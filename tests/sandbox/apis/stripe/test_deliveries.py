"""The stand-in for Stripe: who is told of what, how reliably, and that it can be believed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal

import pytest
import stripe

from tests.fix_stripe import Account

SOON = 15.0


class Listener:
    """An endpoint that keeps what it is told, and answers as it is told to."""

    def __init__(self) -> None:
        self.heard: list[tuple[bytes, str]] = []
        self.answers: list[int] = []
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                listener.heard.append((body, self.headers["stripe-signature"]))
                self.send_response(listener.answers.pop(0) if listener.answers else 200)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def events(self, secret: str) -> list[Any]:
        """What was heard, each held against its signature."""
        return [stripe.Webhook.construct_event(body, given, secret) for body, given in self.heard]


@pytest.fixture
def listener() -> Iterator[Listener]:
    """Listens."""
    made = Listener()
    yield made
    made.server.shutdown()
    made.server.server_close()


def listening(account: Account, url: str, event: Literal["*", "product.created"] = "*") -> Any:
    return account.stripe.v1.webhook_endpoints.create({"url": url, "enabled_events": [event]})


def make_product(account: Account, name: str = "Plan") -> None:
    account.stripe.v1.products.create({"name": name})


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SOON
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_an_endpoint_is_told_what_it_asked_for(account: Account, listener: Listener) -> None:
    endpoint = listening(account, f"{listener.url}/hook", "product.created")
    account.stripe.v1.customers.create({"name": "A"})
    make_product(account)
    until(lambda: bool(account.deliveries()[0]["done"]))
    (event,) = listener.events(endpoint.secret)
    assert (event.type, event.data.object.name) == ("product.created", "Plan")
    assert event.request.id.startswith("req_")
    assert account.stripe.v1.events.retrieve(event.id).pending_webhooks == 0


def test_the_secret_is_told_once(account: Account, listener: Listener) -> None:
    endpoint = listening(account, listener.url)
    assert endpoint.secret.startswith("whsec_")
    again = account.api.get(f"/v1/webhook_endpoints/{endpoint.id}").json()
    listed = account.api.get("/v1/webhook_endpoints").text
    assert "secret" not in again
    assert endpoint.secret not in listed


def test_a_disabled_endpoint_is_told_nothing(account: Account, listener: Listener) -> None:
    endpoint = listening(account, listener.url)
    account.stripe.v1.webhook_endpoints.update(endpoint.id, {"disabled": True})
    make_product(account)
    account.stripe.v1.webhook_endpoints.update(endpoint.id, {"disabled": False})
    make_product(account, "Second")
    until(lambda: len(listener.heard) == 1)
    assert [event.data.object.name for event in listener.events(endpoint.secret)] == ["Second"]


def test_what_failed_is_tried_again_until_it_is_given_up(account: Account, listener: Listener) -> None:
    endpoint = listening(account, listener.url)
    account.tell("plan", "PUT", retry_seconds=[0.01, 0.01])
    listener.answers = [500, 503, 204, 500, 500, 500]
    for name in ("First", "Second"):
        make_product(account, name)
        until(lambda: bool(account.deliveries()[-1]["done"]))
    assert [(each["attempts"], each["status"]) for each in account.deliveries()] == [(3, 204), (3, 500)]
    assert len({event.id for event in listener.events(endpoint.secret)}) == 2


def test_some_are_told_twice(account: Account, listener: Listener) -> None:
    endpoint = listening(account, listener.url)
    account.tell("plan", "PUT", repeat=1)
    make_product(account)
    until(lambda: len(listener.heard) > 2)
    assert len({event.id for event in listener.events(endpoint.secret)}) == 1
    account.tell("plan", "PUT")


def test_an_answer_that_is_lost_counts_as_none(account: Account, listener: Listener) -> None:
    listening(account, listener.url)
    account.tell("plan", "PUT", lose=1, retry_seconds=[0.01])
    make_product(account)
    until(lambda: bool(account.deliveries()[0]["done"]))
    assert len(listener.heard) == 2


def test_what_waits_overtakes(account: Account, listener: Listener) -> None:
    endpoint = listening(account, listener.url)
    account.tell("plan", "PUT", delay=[0, 0.5])
    names = [f"Plan {number}" for number in range(20)]
    for name in names:
        make_product(account, name)
    until(lambda: all(each["done"] for each in account.deliveries()))
    heard = [event.data.object.name for event in listener.events(endpoint.secret)]
    assert sorted(heard) == sorted(names)
    assert heard != names


def test_what_is_held_is_sent_on_demand(account: Account, listener: Listener) -> None:
    endpoint = listening(account, listener.url)
    account.tell("plan", "PUT", hold=True)
    make_product(account, "First")
    make_product(account, "Second")
    first, second = account.deliveries()
    for delivery in (second, first, second):
        assert account.tell(f"deliveries/{delivery['id']}") == {"status": 200}
    heard = [event.data.object.name for event in listener.events(endpoint.secret)]
    assert heard == ["Second", "First", "Second"]


def test_nothing_leaves_this_machine(account: Account) -> None:
    listening(account, "https://example.com/hook")
    account.tell("plan", "PUT", hold=True)
    make_product(account)
    assert account.tell(f"deliveries/{account.deliveries()[0]['id']}") == {"status": 0}


def test_a_projects_functions_are_found_where_the_sandbox_serves_them(
    account: Account, listener: Listener
) -> None:
    place = f"https://{account.ref}.supabase.co"
    account.tell("routes", "PUT", **{place: listener.url})
    listening(account, f"{place}/functions/v1/stripe-events")
    make_product(account)
    until(lambda: len(listener.heard) == 1)
