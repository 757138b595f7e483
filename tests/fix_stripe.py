"""Fixtures on the stand-in for Stripe: an account for each test that asks."""

from __future__ import annotations

import random
import string
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import stripe

from provider.target import Target
from sandbox import databases
from sandbox.apis.process import Apis
from sandbox.apis.stripe import seeds
from sandbox.apis.stripe.books import Accounts
from sandbox.cluster import Cluster
from tests.targets import target_of


@dataclass(frozen=True)
class Account:
    """One account: its API, and what the sandbox can be told of it."""

    ref: str
    api: httpx.Client
    sandbox: httpx.Client
    key: str

    @property
    def target(self) -> Target:
        """That of a provider that works on it."""
        return target_of(self.ref, stripe_url=str(self.api.base_url).rstrip("/"), stripe_key=self.key)

    @property
    def stripe(self) -> stripe.StripeClient:
        """Stripe's own library."""
        return stripe.StripeClient(
            self.key, base_addresses={"api": str(self.api.base_url).rstrip("/")}, max_network_retries=0
        )

    def tell(self, what: str, method: str = "POST", **told: Any) -> Any:
        """Tell the sandbox something, which must be granted."""
        answer = self.sandbox.request(method, f"/sandbox/{self.ref}/stripe/{what}", json=told)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def deliveries(self) -> list[dict[str, Any]]:
        """Every delivery, in the order of their events."""
        found: list[dict[str, Any]] = self.sandbox.get(f"/sandbox/{self.ref}/stripe/deliveries").json()
        return found

    def events(self) -> list[str]:
        """The types of all events, the oldest first."""
        listed = self.stripe.v1.events.list({"limit": 100}).auto_paging_iter()
        return [str(event.type) for event in listed][::-1]


OpenAccount = Callable[..., Account]


@pytest.fixture
def open_account(sandbox_cluster: Cluster, apis: Apis, client: httpx.Client) -> Iterator[OpenAccount]:
    """Opens accounts: blank ones in test mode, or those of an environment as it was found."""
    accounts = databases.accounts(sandbox_cluster)
    opened: list[tuple[str, httpx.Client]] = []

    def open_one(environment: str | None = None) -> Account:
        ref = "".join(random.choices(string.ascii_lowercase, k=20))  # noqa: S311  a name, as the real ones are
        _make(accounts, environment, ref)
        key = accounts.key(ref)
        api = httpx.Client(
            base_url=apis.url, headers={"authorization": f"Bearer {key}"}, trust_env=False, timeout=30
        )
        opened.append((ref, api))
        account = Account(ref, api, client, key)
        account.tell("rate", "PUT", requests=10_000, seconds=1)
        return account

    yield open_one
    for ref, api in opened:
        api.close()
        accounts.remove(ref)


@pytest.fixture
def account(open_account: OpenAccount) -> Account:
    """A blank account in test mode."""
    return open_account()


def _make(accounts: Accounts, environment: str | None, ref: str) -> None:
    if environment is None:
        seeds.blank(accounts, ref)
    else:
        seeds.as_built(accounts, environment, ref)
