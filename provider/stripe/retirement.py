"""Activations declared absent."""

from __future__ import annotations

from collections.abc import Iterator

from provider.differences import Difference
from provider.errors import PropertyError
from provider.retirement import Retiring
from provider.schema.stripe import Retirement, WebhookActivation
from provider.stripe.account import Account, Object, tagged


class RetirementKind(Retiring[Retirement]):
    """Disables the endpoints of all activations that it names: ahead of what they lead to, and in no delete.

    Deletes come last, when the functions behind the endpoints are out of use already.
    """

    shape = Retirement

    def __init__(self, account: Account) -> None:
        self._account = account

    def check(self, wanted: Retirement) -> Retirement:
        """Every name must be an activation's: all else is archived as it is deleted."""
        for index, name in enumerate(wanted.absent):
            if name.partition("::")[0] != WebhookActivation.token:
                raise PropertyError(f"absent[{index}]", f"{name} is no {WebhookActivation.token}")
        return wanted

    def diff(self, live: Retirement, wanted: Retirement) -> list[Difference]:
        """What is declared absent and still enabled."""
        return [
            Difference(f"absent[{index}]", "delete")
            for index, name in enumerate(wanted.absent)
            if any(self._enabled(name))
        ]

    def create(self, wanted: Retirement) -> Retirement:
        """Disable what is still enabled."""
        for identifier in [each["id"] for name in wanted.absent for each in self._enabled(name)]:
            self._disable(identifier)
        return wanted

    def _disable(self, identifier: str) -> None:
        self._account.change(lambda api: api.webhook_endpoints.update(identifier, {"disabled": True}))

    def _enabled(self, name: str) -> Iterator[Object]:
        # Phases that sell nothing need no key; who has none can't see what another key may have enabled.
        if not self._account.has_key:
            return
        for each in tagged(self._account.endpoints(), name.partition("::")[2]):
            if each["status"] == "enabled":
                yield each
