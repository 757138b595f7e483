"""Activations declared absent, on the stand-in for Stripe."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from provider.errors import PropertyError
from provider.registry import stripe_kinds
from provider.schema.stripe import Product, Retirement, WebhookActivation, WebhookEndpoint
from provider.stripe.account import Account as Books
from provider.target import Target
from tests.fix_stripe import Account
from tests.provider.stripe.conftest import KindOf, written
from tests.provider.stripe.test_webhook import WANTED as ENDPOINT
from tests.provider.stripe.test_webhook import activation, endpoints

WANTED = Retirement(
    name="billing/disabled", absent=[f"{WebhookActivation.token}::{name}" for name in ("never", "hook")]
)


def test_what_is_still_enabled_is_a_difference_and_is_disabled(
    kind: KindOf, later: KindOf, account: Account
) -> None:
    endpoint: Any = kind(WebhookEndpoint).create(ENDPOINT)
    active = kind(WebhookActivation).create(activation(endpoint))
    imported = later(Retirement).read(WANTED.name, None)
    assert [tuple(each) for each in later(Retirement).diff(imported, WANTED)] == [("absent[1]", "delete")]
    later(Retirement).create(WANTED)
    assert [each.status for each in endpoints(account)] == ["disabled"]
    assert later(Retirement).diff(imported, WANTED) == []
    before = written(account)
    later(Retirement).update(WANTED, WANTED)
    later(WebhookActivation).delete(active, False)
    assert written(account) == before


def test_without_a_key_there_is_nothing_to_see(target: Target) -> None:
    keyless = replace(target, stripe_key="")
    kind = stripe_kinds(Books(keyless, lambda: None), keyless)[Retirement.token]
    assert kind.diff(WANTED, WANTED) == []
    assert kind.create(WANTED) == WANTED


def test_what_is_archived_as_it_is_deleted_is_refused(kind: KindOf) -> None:
    with pytest.raises(PropertyError, match="is no voip:stripe:WebhookActivation") as raised:
        kind(Retirement).check(Retirement(name="r", absent=[f"{Product.token}::plan"]))
    assert raised.value.path == "absent[0]"
