"""The provider's view of an account of the sandbox's stand-in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from provider.registry import Kind, stripe_kinds
from provider.schema.shape import Shape
from provider.stripe.account import Account as Books
from provider.target import Target
from tests.fix_stripe import Account

KindOf = Callable[[type[Shape]], Kind]


@pytest.fixture
def target(account: Account) -> Target:
    """The target of a provider that works on the test's account."""
    return Target(
        kind="sandbox",
        environment="scratch",
        project_ref=account.ref,
        database_url="",
        landmark="auth.users",
        printed=Path("printed.json"),
        scratch=False,
        stripe_url=str(account.api.base_url).rstrip("/"),
        stripe_key=account.key,
    )


@pytest.fixture
def kind(target: Target) -> KindOf:
    """The handlers that one provider process has."""
    kinds = stripe_kinds(Books(target, lambda: None), target)
    return lambda shape: kinds[shape.token]


@pytest.fixture
def later(target: Target) -> KindOf:
    """Those that another process has, later on."""
    return lambda shape: stripe_kinds(Books(target, lambda: None), target)[shape.token]


def written(account: Account) -> dict[str, int]:
    """How many changes were asked for, by endpoint."""
    counted: Counter[str] = Counter()
    for each in account.tell("requests", "GET"):
        if not each["endpoint"].startswith("GET"):
            counted[each["endpoint"]] += each["count"]
    return dict(counted)
