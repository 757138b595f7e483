"""Webhook endpoints and their activation, on the stand-in for Stripe."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

import msgspec
import pytest

from provider.errors import ProviderError
from provider.registry import stripe_kinds
from provider.schema.stripe import WebhookActivation, WebhookEndpoint
from provider.stripe.account import Account as Books
from provider.stripe.activation import WebhookActivationKind
from provider.target import Target
from tests.fix_stripe import Account
from tests.provider.stripe.conftest import KindOf, written
from tests.sandbox.apis.stripe.test_deliveries import Listener

VERSION: Final = "2026-10-28.endive"
WANTED = WebhookEndpoint(
    name="hook", url="https://x.supabase.co/functions/v1/hook", events=["invoice.paid"], api_version=VERSION
)


def endpoints(account: Account) -> list[Any]:
    return account.stripe.v1.webhook_endpoints.list().data


def activation(endpoint: Any) -> WebhookActivation:
    return WebhookActivation(name="hook", endpoint=endpoint.endpoint, function="hook", secret=endpoint.secret)


class TestEndpoint:
    def test_it_is_made_disabled_with_a_secret_that_stays(
        self, kind: KindOf, later: KindOf, account: Account
    ) -> None:
        live: Any = kind(WebhookEndpoint).create(WANTED)
        assert live.secret.startswith("whsec_")
        assert [each.status for each in endpoints(account)] == ["disabled"]
        assert later(WebhookEndpoint).read("hook", live) == live
        assert later(WebhookEndpoint).diff(live, WANTED) == []

    def test_events_and_url_change_without_another_secret(self, kind: KindOf, account: Account) -> None:
        live: Any = kind(WebhookEndpoint).create(WANTED)
        more = msgspec.structs.replace(
            WANTED, events=["invoice.paid", "charge.refunded"], url="https://y.z/hook"
        )
        changed: Any = kind(WebhookEndpoint).update(live, kind(WebhookEndpoint).check(more))
        assert (changed.secret, changed.endpoint) == (live.secret, live.endpoint)
        assert endpoints(account)[0].enabled_events == ["charge.refunded", "invoice.paid"]

    def test_an_adopted_one_keeps_its_secret_to_itself(self, later: KindOf, account: Account) -> None:
        account.stripe.v1.webhook_endpoints.create(
            {
                "url": WANTED.url,
                "enabled_events": ["invoice.paid"],
                "api_version": VERSION,
                "metadata": {"voip": "hook"},
            }
        )
        before = written(account)
        live: Any = later(WebhookEndpoint).read("hook", None)
        assert (live.secret, later(WebhookEndpoint).diff(live, WANTED)) == ("", [])
        assert written(account) == before

    def test_one_that_is_gone_stays_known_and_is_replaced_with_consent_alone(
        self, kind: KindOf, later: KindOf, account: Account
    ) -> None:
        live: Any = kind(WebhookEndpoint).create(WANTED)
        account.stripe.v1.webhook_endpoints.delete(live.endpoint)
        known: Any = later(WebhookEndpoint).read("hook", live)
        assert (known.secret, known.endpoint) == (live.secret, "")
        assert [each.path for each in later(WebhookEndpoint).diff(known, WANTED)] == ["endpoint"]
        with pytest.raises(ProviderError, match="replaceWebhook true"):
            later(WebhookEndpoint).update(known, WANTED)
        consenting = msgspec.structs.replace(WANTED, replace=True)
        new: Any = later(WebhookEndpoint).update(known, consenting)
        assert new.secret not in ("", live.secret)
        assert later(WebhookEndpoint).diff(new, consenting) == []

    def test_what_a_killed_run_made_is_found_with_its_secret(
        self, kind: KindOf, later: KindOf, account: Account
    ) -> None:
        first: Any = kind(WebhookEndpoint).create(WANTED)
        assert later(WebhookEndpoint).create(WANTED) == first
        assert len(endpoints(account)) == 1

    def test_what_others_made_is_not_taken_for_ours(self, later: KindOf, account: Account) -> None:
        account.stripe.v1.webhook_endpoints.create(
            {
                "url": WANTED.url,
                "enabled_events": ["invoice.paid"],
                "api_version": VERSION,
                "metadata": {"voip": "hook"},
            }
        )
        with pytest.raises(ProviderError, match="its secret is not known"):
            later(WebhookEndpoint).create(WANTED)
        assert len(endpoints(account)) == 1

    def test_after_a_delete_it_is_another_one(self, kind: KindOf, account: Account) -> None:
        first: Any = kind(WebhookEndpoint).create(WANTED)
        kind(WebhookEndpoint).delete(first, False)
        assert [each.status for each in endpoints(account)] == ["disabled"]
        second: Any = kind(WebhookEndpoint).create(WANTED)
        assert second.secret != first.secret


class TestActivation:
    @pytest.fixture
    def listener(self) -> Iterator[Listener]:
        made = Listener()
        yield made
        made.server.shutdown()
        made.server.server_close()

    def kind(self, target: Target, listener: Listener) -> WebhookActivationKind:
        there = replace(target, functions_url=listener.url)
        return WebhookActivationKind(Books(there, lambda: None), there, sleep=lambda _: None)

    def test_it_enables_what_answers_as_it_should(
        self, kind: KindOf, target: Target, listener: Listener, account: Account
    ) -> None:
        endpoint: Any = kind(WebhookEndpoint).create(WANTED)
        listener.answers = [503, 400, 200, 400]
        live = self.kind(target, listener).create(activation(endpoint))
        assert [each.status for each in endpoints(account)] == ["enabled"]
        assert self.kind(target, listener).diff(live, activation(endpoint)) == []
        assert b"voip.probe" in listener.heard[-1][0]

    @pytest.mark.parametrize("answers", [[200] * 40, [400] * 40, [500] * 40])
    def test_it_leaves_disabled_what_does_not(
        self, kind: KindOf, target: Target, listener: Listener, account: Account, answers: list[int]
    ) -> None:
        endpoint: Any = kind(WebhookEndpoint).create(WANTED)
        listener.answers = answers
        with pytest.raises(ProviderError, match="does not answer as it should"):
            self.kind(target, listener).create(activation(endpoint))
        assert [each.status for each in endpoints(account)] == ["disabled"]

    def test_a_replaced_endpoint_tells_until_the_new_one_does(self, later: KindOf, account: Account) -> None:
        old: Any = later(WebhookEndpoint).create(WANTED)
        later(WebhookActivation).create(activation(old))
        known = msgspec.structs.replace(old, api_version="2020-08-27")
        # As if it had another version, which the stand-in doesn't speak.
        account_kinds = later(WebhookEndpoint)
        consenting = msgspec.structs.replace(WANTED, replace=True)
        new: Any = account_kinds._make(consenting, known)  # type: ignore[attr-defined]
        assert (new.previous, new.previous_secret) == (old.endpoint, old.secret)
        assert {each.id: each.status for each in endpoints(account)} == {
            old.endpoint: "enabled",
            new.endpoint: "disabled",
        }
        later(WebhookActivation).create(activation(new))
        assert {each.id: each.status for each in endpoints(account)} == {new.endpoint: "enabled"}

    def test_a_delete_disables(self, later: KindOf, account: Account) -> None:
        endpoint: Any = later(WebhookEndpoint).create(WANTED)
        live = later(WebhookActivation).create(activation(endpoint))
        later(WebhookActivation).delete(live, False)
        assert [each.status for each in endpoints(account)] == ["disabled"]
        assert later(WebhookActivation).read("hook", None) is None


def test_every_kind_is_served(target: Target) -> None:
    assert len(stripe_kinds(Books(target, lambda: None), target)) == 6
