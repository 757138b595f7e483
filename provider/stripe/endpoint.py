"""Webhook endpoints."""

from __future__ import annotations

import time

import msgspec

from provider.differences import Difference, differences
from provider.errors import NotAsWantedError, ProviderError
from provider.schema.stripe import WebhookEndpoint
from provider.stripe.account import TAG, Account, Object, tagged

REPLAYED_SECONDS = 20 * 3600
"""For how long Stripe surely gives an answer again, which it does for a day at least."""


class WebhookEndpointKind:
    """Makes endpoints disabled, and keeps their secrets, which Stripe tells once and never again.

    So nothing is replaced without consent, and one that is gone stays in the state, with what is known of it.
    """

    shape = WebhookEndpoint

    def __init__(self, account: Account) -> None:
        self._account = account

    def check(self, wanted: WebhookEndpoint) -> WebhookEndpoint:
        """The declared endpoint, events in one order, without what is never declared."""
        return msgspec.structs.replace(
            wanted,
            events=sorted(wanted.events),
            endpoint="",
            secret="",
            previous="",
            previous_secret="",
        )

    def diff(self, live: WebhookEndpoint, wanted: WebhookEndpoint) -> list[Difference]:
        """What of the live endpoint is not as wanted. Consent alone is nothing, until it is withdrawn."""
        present = msgspec.structs.replace(self.check(live), replace=wanted.replace)
        found = list(differences(present.wire(), wanted.wire()))
        if not live.endpoint:
            found.append(Difference("endpoint", "add"))
        if live.previous_secret and not wanted.replace:
            found.append(Difference("previousSecret", "delete"))
        return found

    def read(self, identifier: str, known: WebhookEndpoint | None) -> WebhookEndpoint | None:
        """The live endpoint with the secrets that are known of it."""
        live = self._find(identifier, known)
        if live is None:
            return known and msgspec.structs.replace(known, endpoint="")
        return _shape(identifier, live, known)

    def create(self, wanted: WebhookEndpoint) -> WebhookEndpoint:
        """Make the endpoint, disabled, or take over an equal one, with its secret if it can be had again."""
        found = tagged(self._account.endpoints(), wanted.id)
        if not found:
            return self._make(wanted, None)
        live = found[0]
        if time.time() - live["created"] < REPLAYED_SECONDS:
            return self._resume(wanted, live)
        taken = _shape(wanted.id, live, None)
        if different := self.diff(taken, wanted):
            paths = ", ".join(difference.path for difference in different)
            raise ProviderError(
                f"the endpoint {wanted.id} is there already and differs in {paths}; take it over with "
                "`python -m operations adopt --stack STACK`, then look at the preview again"
            )
        return taken

    def update(self, live: WebhookEndpoint, wanted: WebhookEndpoint) -> WebhookEndpoint:
        """Change what can be changed; whatever else there is makes another endpoint, with consent."""
        present = self._find(wanted.id, live)
        if present is None or present["api_version"] != wanted.api_version:
            if not wanted.replace:
                raise ProviderError(_consent_message(wanted, present))
            return self._make(wanted, live if present else None)
        params = {"url": wanted.url, "enabled_events": wanted.events}
        self._account.change(lambda api: api.webhook_endpoints.update(present["id"], params))  # type: ignore[arg-type]
        known = live if wanted.replace else msgspec.structs.replace(live, previous="", previous_secret="")
        return self._confirmed(wanted, msgspec.structs.replace(known, replace=wanted.replace))

    def delete(self, live: WebhookEndpoint, scratch: bool) -> None:
        """Disable it and let go of its name: the next of that name is another one, with another secret."""
        present = self._find(live.id, live)
        if present:
            released = {"disabled": True, "metadata": {TAG: ""}}
            self._account.change(lambda api: api.webhook_endpoints.update(present["id"], released))  # type: ignore[arg-type]

    def _make(self, wanted: WebhookEndpoint, former: WebhookEndpoint | None) -> WebhookEndpoint:
        before = [each["id"] for each in self._account.endpoints()]
        made = self._created(wanted, before)
        previous = (former.endpoint, former.secret) if former else ("", "")
        return self._disabled(wanted, made, *previous)

    def _created(self, wanted: WebhookEndpoint, before: list[str]) -> Object:
        params = {
            "url": wanted.url,
            "enabled_events": wanted.events,
            "metadata": {TAG: wanted.id},
            **({"api_version": wanted.api_version} if wanted.api_version else {}),
        }
        return self._account.create(
            lambda api, *given: api.webhook_endpoints.create(*given), params, self._account.endpoints, before
        )

    def _resume(self, wanted: WebhookEndpoint, live: Object) -> WebhookEndpoint:
        """A run before this one has made it and was ended before it could keep the secret: ask once more."""
        others = [each["id"] for each in self._account.endpoints() if each["id"] != live["id"]]
        made = self._created(wanted, others)
        if made["id"] != live["id"]:
            self._account.change(lambda api: api.webhook_endpoints.delete(made["id"]))
            raise ProviderError(
                f"the endpoint {wanted.id} ({live['id']}) is there already, and its secret is not known "
                "here; delete it at Stripe, then run the same command again"
            )
        return self._disabled(wanted, made, "", "")

    def _disabled(self, wanted: WebhookEndpoint, made: Object, previous: str, secret: str) -> WebhookEndpoint:
        """Stripe makes them enabled, and nobody can believe what they tell yet."""
        known = msgspec.structs.replace(
            wanted, endpoint=made["id"], secret=made["secret"], previous=previous, previous_secret=secret
        )
        try:
            self._account.change(lambda api: api.webhook_endpoints.update(made["id"], {"disabled": True}))
        except ProviderError as error:
            raise NotAsWantedError(
                known, f"the endpoint {wanted.id} was made and is not disabled: {error}"
            ) from None
        return self._confirmed(wanted, known)

    def _find(self, identifier: str, known: WebhookEndpoint | None) -> Object | None:
        """The endpoint that is known, or else the one that carries the name."""
        endpoints = self._account.endpoints()
        if known and known.endpoint:
            return next((each for each in endpoints if each["id"] == known.endpoint), None)
        return next(iter(tagged(endpoints, identifier)), None)

    def _confirmed(self, wanted: WebhookEndpoint, known: WebhookEndpoint) -> WebhookEndpoint:
        live = self.read(wanted.id, known)
        assert live
        if self.diff(live, wanted):
            raise NotAsWantedError(live, f"the endpoint {wanted.id} is not as it was made; run it again")
        return live


def _shape(identifier: str, live: Object, known: WebhookEndpoint | None) -> WebhookEndpoint:
    return WebhookEndpoint(
        name=identifier,
        url=live["url"],
        events=sorted(live["enabled_events"]),
        api_version=live["api_version"],
        replace=known.replace if known else False,
        endpoint=live["id"],
        secret=known.secret if known else "",
        previous=known.previous if known else "",
        previous_secret=known.previous_secret if known else "",
    )


def _consent_message(wanted: WebhookEndpoint, present: Object | None) -> str:
    what = (
        f"is gone from Stripe, so {wanted.id} must be made anew"
        if present is None
        else f"has the API version {present['api_version']}, which can't be changed to {wanted.api_version}"
    )
    return (
        f"the endpoint {wanted.id} {what}; another endpoint has another secret: consent with "
        "`pulumi config set replaceWebhook true`"
    )
