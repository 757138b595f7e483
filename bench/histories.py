"""Play random histories of customers, and hold each profile to what Stripe says: `python -m bench.histories`.

`tests/billing/histories.py` tells what happens in one, by its seed. `bench/results/histories.jsonl` holds the
machine and the command of a run, then one line for each history: what happened, what became of the
deliveries, and in which columns the profile was wrong in the end. A run from a later seed is added to what is
there. Needs the sandbox; every batch has a database, an account and a function of its own.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import httpx

from bench.record import RESULTS, header
from components.billing import EVENTS
from sandbox import databases, lifecycle
from sandbox.apis.stripe import seeds
from sandbox.cluster import Cluster
from tests.billing.functions import served
from tests.billing.histories import History, listen
from tests.fix_stripe import Account

BATCH = 40
PLACE = "http://127.0.0.1:9"


def main() -> int:
    """Play them, oldest seed first; the exit code tells whether all ended as they should."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--histories", type=int, default=1000)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--results", type=Path, default=RESULTS / "histories.jsonl")
    given = parser.parse_args()
    seeds_left = list(range(given.first_seed, given.first_seed + given.histories))
    wrong = 0
    with given.results.open("a" if given.first_seed else "w", encoding="utf-8") as file:
        file.write(json.dumps(header("histories")) + "\n")
        for start in range(0, len(seeds_left), BATCH):
            for line in batch(seeds_left[start : start + BATCH]):
                wrong += bool(line["wrong"])
                file.write(json.dumps(line) + "\n")
                file.flush()
    sys.stdout.write(f"{len(seeds_left)} histories, {wrong} of them ended otherwise than Stripe says\n")
    return int(wrong > 0)


def batch(batched: list[int]) -> Iterator[dict[str, Any]]:
    """Some histories on an account of their own."""
    cluster = lifecycle.start()
    ref = f"histories_{batched[0]}"
    target = databases.copy(cluster, "staging", ref, from_seed=True)
    try:
        with account_of(cluster, ref) as account, tempfile.TemporaryDirectory() as folder:
            environment = {
                "ALLOWED_ORIGINS": "https://app.example.com",
                "SUPABASE_DB_URL": target.database_url,
                "STRIPE_SECRET_KEY": account.key,
                "STRIPE_API_URL": str(account.api.base_url),
                "STRIPE_WEBHOOK_SECRET": listen(account, f"{PLACE}/stripe-events", list(EVENTS)),
                "JWT_SECRET": "of the benchmark alone, long enough for HS256",
            }
            with served("stripe-events", environment, Path(folder) / "function.log") as url:
                account.tell("routes", "PUT", **{PLACE: url})
                for seed in batched:
                    history = History(account, target.database_url, seed)
                    wrong = history.live()
                    yield {"seed": seed, "actions": history.actions, **asdict(history.told), "wrong": wrong}
    finally:
        databases.drop(cluster, ref)


@contextmanager
def account_of(cluster: Cluster, ref: str) -> Iterator[Account]:
    """Staging's account as it was found, under a ref, asked as often as anybody likes."""
    apis = lifecycle.status(cluster.layout.root).apis
    assert apis
    accounts = databases.accounts(cluster)
    seeds.as_built(accounts, "staging", ref)
    key = accounts.key(ref)
    with (
        httpx.Client(
            base_url=apis.url, headers={"authorization": f"Bearer {key}"}, trust_env=False, timeout=60
        ) as api,
        httpx.Client(
            base_url=apis.url, headers={"authorization": f"Bearer {apis.token}"}, trust_env=False, timeout=60
        ) as sandbox,
    ):
        account = Account(ref, api, sandbox, key)
        account.tell("rate", "PUT", requests=100_000, seconds=1)
        yield account


if __name__ == "__main__":
    sys.exit(main())
