"""Time the webhook, many requests at a time through the sandbox's gateway: `python -m bench.webhooks`.

Writes `bench/results/webhooks.json`: for kinds of events the milliseconds from request to answer (median,
99th percentile, longest), how many were answered in a second, and what each process worked for one of them.
Those that are `handled` make the function ask Stripe twice and write a profile, each of another customer than
the one before; `acknowledged` ones are verified and are no concern of the function's; `forged` ones are
refused. Everything runs on this machine, in a sandbox of its own: who asks, the gateway, the function, the
database, and what stands for Stripe: a server that answers at once, or else the sandbox's stand-in, which is
no model of Stripe's speed and works as much for an event as all others together.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from bench import load
from bench.answering import Answers, answering
from bench.gateway import WARM_UP, Gateway, gateway
from bench.histories import PLACE, account_of
from bench.record import keep, machine
from components.billing import EVENTS, FUNCTION
from provider.stripe.activation import signed
from tests.billing.histories import listen, paying
from tests.fix_stripe import Account

REF = "webhooks"
CUSTOMERS = 100
PRICE = "accelerator_monthly"


def main() -> None:
    """Measure, print and keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=2000)
    parser.add_argument("--at-a-time", type=int, default=50)
    given = parser.parse_args()
    before = machine()
    with gateway(REF) as place:
        results = _measured(place, given.events, given.at_a_time)
    figures = {"at a time": given.at_a_time, "answered before": WARM_UP, "events": results}
    sys.stdout.write(keep("webhooks", {**before, "load after": round(os.getloadavg()[0], 2)}, figures))


def _measured(place: Gateway, events: int, at_a_time: int) -> dict[str, Any]:
    with account_of(place.cluster, REF) as account:
        secret = listen(account, f"{PLACE}/{FUNCTION}", list(EVENTS))
        paid = [paying(account, place.target.database_url, PRICE, seed) for seed in range(CUSTOMERS)]
        customers = [history.customer for history in paid]

        def ask(stripe: str, kind: str, wanted: int = 200, forged: str = "") -> dict[str, Any]:
            place.deploy(
                {FUNCTION: False},
                STRIPE_SECRET_KEY=account.key,
                STRIPE_API_URL=stripe,
                STRIPE_WEBHOOK_SECRET=secret,
            )
            sent = _events(place.url(FUNCTION), kind, customers, events, secret + forged)
            return place.ask(FUNCTION, list(sent), at_a_time, wanted)

        with answering(_answers(account, customers)) as stripe:
            return {
                "handled": ask(stripe, "invoice.paid"),
                "acknowledged": ask(stripe, "charge.refunded"),
                "forged": ask(stripe, "invoice.paid", 400, "-forged"),
                "handled, with the stand-in": ask(str(account.api.base_url), "invoice.paid"),
            }


def _answers(account: Account, customers: Sequence[str]) -> Answers:
    """What the stand-in says of customers, to be said again at once."""
    asked = {"subscriptions": {"status": "all"}, "invoices": {"status": "paid"}}
    return {
        (name, customer): account.api.get(f"/v1/{name}", params={**given, "customer": customer}).content
        for name, given in asked.items()
        for customer in customers
    }


def _events(url: str, kind: str, customers: Sequence[str], count: int, secret: str) -> Iterator[bytes]:
    for number in range(count):
        item = {"object": kind.partition(".")[0], "customer": customers[number % len(customers)]}
        event = {
            "id": f"evt_{number}",
            "object": "event",
            "type": kind,
            "data": {"object": item},
            "created": 0,
        }
        body, headers = signed(event, secret)
        yield load.request(url, "POST", body, headers)


if __name__ == "__main__":
    main()
