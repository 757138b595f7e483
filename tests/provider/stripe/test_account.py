"""The key, its mode, and what Stripe answers when it doesn't do as asked."""

from __future__ import annotations

from dataclasses import replace

import pytest

from provider.errors import ProviderError
from provider.plane import Planes
from provider.schema.stripe import Product
from provider.stripe.account import Account as Books
from provider.stripe.account import check_mode
from provider.stripe.product import ProductKind
from provider.target import Target
from tests.fix_project import ROOT
from tests.fix_stripe import Account
from tests.provider.stripe.conftest import written

CANARY = "sk_live_canary4242"
PLAN = Product(key="plan", name="The plan")


def asked(target: Target) -> None:
    ProductKind(Books(target, lambda: None, sleep=lambda _: None)).create(PLAN)


@pytest.mark.parametrize(
    ("mode", "key", "trial", "refused"),
    [
        ("live", "sk_live_x", False, None),
        ("live", "rk_live_x", False, None),
        ("live", "sk_test_x", True, None),
        ("test", "sk_test_x", False, None),
        ("live", "sk_test_x", False, "a test key, and scratch takes live keys"),
        ("test", CANARY, False, "a live key, and scratch takes test keys"),
        ("test", CANARY, True, "a live key, and scratch takes test keys"),
        ("live", "pk_live_x", False, "no secret key of Stripe's"),
        ("live", "whsec_x", False, "no secret key of Stripe's"),
    ],
)
def test_a_key_is_of_the_environments_mode(
    target: Target, mode: str, key: str, trial: bool, refused: str | None
) -> None:
    given = replace(target, stripe_key=key, stripe_mode=mode, stripe_trial=trial)  # type: ignore[arg-type]
    if refused is None:
        check_mode(given)
        return
    with pytest.raises(ProviderError, match=refused) as raised:
        check_mode(given)
    assert "canary" not in str(raised.value)


def test_a_hosted_production_refuses_a_test_key_before_it_is_reached(target: Target) -> None:
    hosted = replace(
        target,
        kind="hosted",
        environment="production",
        database_url="postgresql://nobody@127.0.0.1:1/postgres",
        printed=ROOT / "sql" / "printed.json",
        stripe_mode="live",
        stripe_key="sk_test_canary4242",
    )
    with pytest.raises(ProviderError, match="voip:stripeKey is a test key, and production takes live keys"):
        Planes(hosted).verify()
    with pytest.raises(ProviderError, match=r"127\.0\.0\.1"):
        Planes(replace(hosted, stripe_key="sk_live_canary4242")).verify()


def test_without_a_key_nothing_can_be_asked(target: Target) -> None:
    check_mode(replace(target, stripe_key=""))
    with pytest.raises(ProviderError, match="voip:stripeKey is not set"):
        asked(replace(target, stripe_key=""))


def test_a_key_that_is_refused_is_not_told(target: Target) -> None:
    with pytest.raises(ProviderError, match="Stripe refuses voip:stripeKey") as raised:
        asked(replace(target, stripe_key="sk_test_canary4242canary4242canary4242canary4242"))
    assert "canary" not in str(raised.value)


def test_nobody_there_is_told_in_one_line(target: Target) -> None:
    with pytest.raises(ProviderError, match="can't be reached"):
        asked(replace(target, stripe_url="http://127.0.0.1:1"))


def test_what_came_too_early_is_repeated(target: Target, account: Account) -> None:
    account.tell("faults", "PUT", faults=[{"kind": "status", "status": 429, "times": 4}])
    asked(target)
    assert len(account.stripe.v1.products.list().data) == 1


def test_an_answer_that_is_lost_makes_nothing_twice(target: Target, account: Account) -> None:
    fault = {"kind": "status", "status": 500, "times": 2, "applied": True, "endpoint": "POST products"}
    account.tell("faults", "PUT", faults=[fault])
    asked(target)
    assert len(account.stripe.v1.products.list().data) == 1
    assert sum(written(account).values()) == 3
