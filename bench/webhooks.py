"""Time the webhook, many requests at a time through the sandbox's gateway: `python -m bench.webhooks`.

Writes `bench/results/webhooks.json`: for three kinds of events the milliseconds from request to answer
(median, 99th percentile, longest), and how many were answered in a second. Those that are `handled` make the
function ask the stand-in for Stripe twice and write a profile, each of another customer than the one before;
`acknowledged` ones are verified and are no concern of the function's; `forged` ones are refused. Everything
runs on this machine, in a sandbox of its own: who asks, the gateway, the function, the database, and the
stand-in, which is no model of Stripe's speed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from bench.commands import RESULTS, machine
from bench.histories import PLACE, account_of
from components.billing import EVENTS, FUNCTION
from provider.schema.bundle import IMPORT_MAP, bundle
from provider.stripe.activation import signed
from sandbox import databases, lifecycle
from sandbox.apis.projects import Projects, Secret, Source
from sandbox.cluster import Cluster
from sandbox.databases import Target
from tests.billing.functions import FUNCTIONS
from tests.billing.histories import History, listen
from tests.fix_sandbox import remove_sandbox
from tests.fix_stripe import Account

REF = "webhooks"
CUSTOMERS = 100
WARM_UP = 200
Sent = tuple[bytes, dict[str, str]]


def main() -> None:
    """Measure, print and keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=2000)
    parser.add_argument("--at-a-time", type=int, default=50)
    given = parser.parse_args()
    before = machine()
    with _sandbox() as cluster:
        results = _measured(cluster, given.events, given.at_a_time)
    document = {
        "command": " ".join(["python -m bench.webhooks", *sys.argv[1:]]),
        "machine": {**before, "load after": round(os.getloadavg()[0], 2)},
        "at a time": given.at_a_time,
        "events": results,
    }
    text = json.dumps(document, indent=1) + "\n"
    (RESULTS / "webhooks.json").write_text(text, "utf-8")
    sys.stdout.write(text)


@contextmanager
def _sandbox() -> Iterator[Cluster]:
    """One that nobody else asks anything."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "sandbox"
        root.mkdir()
        try:
            yield lifecycle.start(root)
        finally:
            remove_sandbox(root)


def _measured(cluster: Cluster, events: int, at_a_time: int) -> dict[str, Any]:
    target = databases.copy(cluster, "staging", REF, from_seed=True)
    try:
        with account_of(cluster, REF) as account:
            secret = listen(account, f"{PLACE}/{FUNCTION}", list(EVENTS))
            customers = [_paying(account, target, seed) for seed in range(CUSTOMERS)]
            _deploy(cluster, account, secret)
            url = f"{target.api_url}/functions/v1/{FUNCTION}"
            kinds = {
                "handled": list(_events("invoice.paid", customers, events, secret)),
                "acknowledged": list(_events("charge.refunded", customers, events, secret)),
                "forged": list(_events("invoice.paid", customers, events, f"{secret}-forged")),
            }
            asyncio.run(_ask(url, kinds["handled"][:WARM_UP], at_a_time, 200))
            return {
                name: asyncio.run(_ask(url, sent, at_a_time, 400 if name == "forged" else 200))
                for name, sent in kinds.items()
            }
    finally:
        databases.drop(cluster, REF)


def _paying(account: Account, target: Target, seed: int) -> str:
    """A customer who has a subscription, and a profile."""
    history = History(account, target.database_url, seed)
    price = account.stripe.v1.prices.list({"lookup_keys": ["accelerator_monthly"]}).data[0].id
    session = account.stripe.v1.checkout.sessions.create(
        {
            "mode": "subscription",
            "customer": history.customer,
            "line_items": [{"price": price, "quantity": 1}],
            "success_url": "https://example.com",
        }
    )
    account.tell(f"checkout/{session.id}")
    return history.customer


def _deploy(cluster: Cluster, account: Account, secret: str) -> None:
    projects = Projects(cluster.layout)
    project = projects.read(REF)
    assert project
    source = Source(
        entrypoint_path=f"{FUNCTION}/index.ts",
        import_map_path=IMPORT_MAP,
        verify_jwt=False,
        bundle=projects.keep(dict(bundle(FUNCTIONS, FUNCTION))),
    )
    project.deploy(FUNCTION, FUNCTION, source)
    values = {
        "ALLOWED_ORIGINS": "https://app.example.com",
        "STRIPE_SECRET_KEY": account.key,
        "STRIPE_API_URL": str(account.api.base_url),
        "STRIPE_WEBHOOK_SECRET": secret,
        "JWT_SECRET": "of the benchmark alone, long enough for HS256",
    }
    project.secrets = {name: Secret(value, 0) for name, value in values.items()}
    projects.write(project)


def _events(kind: str, customers: Sequence[str], count: int, secret: str) -> Iterator[Sent]:
    for number in range(count):
        item = {"object": kind.partition(".")[0], "customer": customers[number % len(customers)]}
        event = {
            "id": f"evt_{number}",
            "object": "event",
            "type": kind,
            "data": {"object": item},
            "created": 0,
        }
        yield signed(event, secret)


async def _ask(url: str, sent: Sequence[Sent], at_a_time: int, wanted: int) -> dict[str, float]:
    """What it took to have all of them answered, as they must be."""
    left, spent = iter(sent), list[float]()

    async def one_after_another(client: httpx.AsyncClient) -> None:
        for body, headers in left:
            started = time.perf_counter()
            answer = await client.post(url, content=body, headers=headers)
            spent.append((time.perf_counter() - started) * 1000)
            assert answer.status_code == wanted, answer.text

    limits = httpx.Limits(max_connections=at_a_time, max_keepalive_connections=at_a_time)
    async with httpx.AsyncClient(trust_env=False, timeout=60, limits=limits) as client:
        started = time.perf_counter()
        await asyncio.gather(*(one_after_another(client) for _ in range(at_a_time)))
        seconds = time.perf_counter() - started
    return {
        "p50 ms": round(statistics.median(spent), 1),
        "p99 ms": round(statistics.quantiles(spent, n=100)[98], 1),
        "longest ms": round(max(spent), 1),
        "per second": round(len(spent) / seconds, 1),
    }


if __name__ == "__main__":
    main()
