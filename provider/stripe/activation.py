"""The activation of webhook endpoints."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Callable

import msgspec

from provider.differences import Difference, differences
from provider.errors import ProviderError
from provider.schema.stripe import WebhookActivation
from provider.stripe.account import Account, Object, tagged
from provider.target import Target

TRIES = 10
PAUSE_SECONDS = 2.0
PROBE = {"id": "evt_probe", "object": "event", "type": "voip.probe", "data": {"object": {}}, "created": 0}
"""An event that nobody handles, and whoever checks its signature acknowledges."""


class WebhookActivationKind:
    """Enables an endpoint after the function behind it has told a signed request from a forged one."""

    shape = WebhookActivation

    def __init__(self, account: Account, target: Target, sleep: Callable[[float], None] = time.sleep) -> None:
        self._account = account
        self._functions_url = target.functions_url
        self._sleep = sleep

    def check(self, wanted: WebhookActivation) -> WebhookActivation:
        """Any activation can be declared."""
        return wanted

    def diff(self, live: WebhookActivation, wanted: WebhookActivation) -> list[Difference]:
        """Whether it is the endpoint that is meant, and enabled."""
        known = msgspec.structs.replace(live, secret=wanted.secret, function=wanted.function)
        return list(differences(known.wire(), wanted.wire()))

    def read(self, identifier: str, known: WebhookActivation | None) -> WebhookActivation | None:
        """Whether the endpoint is enabled; one that is adopted is what it is."""
        live = self._live(identifier, known.endpoint if known else None)
        if live is None:
            return None
        if known is None and live["status"] == "disabled":
            return None  # nothing to adopt: it is not active
        function = live["url"].rpartition("/")[2]
        return WebhookActivation(
            name=identifier, endpoint=live["id"], function=function, status=live["status"]
        )

    def create(self, wanted: WebhookActivation) -> WebhookActivation:
        """Ask the function, then enable the endpoint, and let the one before it go."""
        self._ask(wanted)
        for each in tagged(self._account.endpoints(), wanted.name):
            if each["id"] == wanted.endpoint and each["status"] == "disabled":
                self._account.change(
                    lambda api: api.webhook_endpoints.update(wanted.endpoint, {"disabled": False})
                )
        # Both have told everything for a moment, and whoever listens takes no notice of a repetition.
        for each in tagged(self._account.endpoints(), wanted.name):
            if each["id"] != wanted.endpoint:
                self._account.change(lambda api, each=each: api.webhook_endpoints.delete(each["id"]))  # type: ignore[misc]
        live = self.read(wanted.id, wanted)
        if live is None or self.diff(live, wanted):
            raise ProviderError(f"the endpoint {wanted.name} was enabled and isn't; does somebody change it?")
        return live

    def update(self, live: WebhookActivation, wanted: WebhookActivation) -> WebhookActivation:
        """The same as to create."""
        return self.create(wanted)

    def delete(self, live: WebhookActivation, scratch: bool) -> None:
        """Disable the endpoint."""
        present = self._live(live.name, live.endpoint)
        if present and present["status"] == "enabled":
            self._account.change(lambda api: api.webhook_endpoints.update(present["id"], {"disabled": True}))

    def _live(self, name: str, endpoint: str | None) -> Object | None:
        found = tagged(self._account.endpoints(), name)
        return next((each for each in found if endpoint in (None, each["id"])), None)

    def _ask(self, wanted: WebhookActivation) -> None:
        """A function that was just deployed may need a moment to have its secret."""
        if not wanted.secret or not self._functions_url:
            return
        problem: str | None = None
        for attempt in range(TRIES):
            if attempt:
                self._sleep(PAUSE_SECONDS)
            problem = self._problem(wanted.function, wanted.secret)
            if problem is None:
                return
        raise ProviderError(
            f"the function {wanted.function} does not answer as it should ({problem}), so its endpoint stays "
            "disabled; mend the function or STRIPE_WEBHOOK_SECRET and run the same command again"
        )

    def _problem(self, function: str, secret: str) -> str | None:
        signed, forged = self._post(function, secret), self._post(function, f"{secret}-forged")
        if signed != 200:
            return f"{signed} for a signed request, and 200 is wanted"
        if forged != 400:
            return f"{forged} for a forged request, and 400 is wanted"
        return None

    def _post(self, function: str, secret: str) -> int | str:
        import httpx  # not every process asks

        url = f"{self._functions_url}/{function}"
        try:
            return post_event(url, PROBE, secret)
        except httpx.TransportError as error:
            return type(error).__name__


def post_event(url: str, event: Object, secret: str) -> int:
    """Tell a function of an event as Stripe does, signed; returns the status of its answer."""
    import httpx  # not every process asks

    body, headers = signed(event, secret)
    return httpx.post(url, content=body, headers=headers, timeout=30.0).status_code


def signed(event: Object, secret: str) -> tuple[bytes, dict[str, str]]:
    """The body and the headers by which Stripe would tell of an event now."""
    body = msgspec.json.encode(event)  # amounts may be decimals, which Stripe writes as texts
    moment = int(time.time())
    signature = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return body, {"content-type": "application/json", "stripe-signature": f"t={moment},v1={signature}"}
