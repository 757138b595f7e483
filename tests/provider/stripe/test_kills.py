"""An update of what is sold that was killed is healed by the next; `bench/stripe_kills.py` kills many."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bench.stripe_kills import Bench, faults
from sandbox import databases
from sandbox.apis.stripe.books import Accounts
from sandbox.cluster import Cluster
from tests.fix_sandbox import scratch
from tests.fix_stripe import Account


@pytest.fixture(scope="module")
def bench(sandbox_cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with scratch(sandbox_cluster, lambda ref: databases.blank(sandbox_cluster, ref)) as target:
        made = Bench(sandbox_cluster, target, tmp_path_factory.mktemp("kills"))
        yield made
        made.close()


@pytest.mark.parametrize("seed", range(2001, 2006))
def test_the_next_update_heals(bench: Bench, seed: int) -> None:
    trial = bench.trial(seed)
    assert trial.faults == []
    assert trial.outcome in ("converged", "not killed")


def test_the_bench_sees_what_is_wrong(account: Account, sandbox_cluster: Cluster) -> None:
    accounts: Accounts = databases.accounts(sandbox_cluster)
    api = account.stripe.v1
    product = api.products.create({"name": "The plan"}).id
    api.products.create({"name": "The plan"})
    price = api.prices.create(
        {
            "product": product,
            "currency": "usd",
            "unit_amount": 9900,
            "recurring": {"interval": "month"},
            "lookup_key": "month",
        }
    ).id
    api.prices.update(price, {"active": False})
    api.prices.update(price, {"active": True})
    with accounts.open(account.ref) as books:
        found = list(faults(books, "nothing"))
    assert found[:4] == [
        "2 of product",
        "0 of billing_portal.configuration",
        "0 of webhook_endpoint",
        "the prices are [('month', 9900, True)]",
    ]
    assert [each.partition(" after ")[0] for each in found[4:]] == ["0 prices answer to month"]
