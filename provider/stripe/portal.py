"""Configurations of the customer portal."""

from __future__ import annotations

from typing import Any

import msgspec

from provider.differences import Difference, differences
from provider.errors import ProviderError
from provider.schema.stripe import PortalConfiguration
from provider.stripe.account import TAG, Account, Object, only, tagged


class PortalConfigurationKind:
    """What customers may do by themselves."""

    shape = PortalConfiguration

    def __init__(self, account: Account) -> None:
        self._account = account

    def check(self, wanted: PortalConfiguration) -> PortalConfiguration:
        """The declared configuration, prices in one order, without what is never declared."""
        return msgspec.structs.replace(wanted, prices=sorted(wanted.prices), configuration="")

    def diff(self, live: PortalConfiguration, wanted: PortalConfiguration) -> list[Difference]:
        """What of the live configuration is not as wanted."""
        return list(differences(self.check(live).wire(), wanted.wire()))

    def read(self, identifier: str, known: PortalConfiguration | None) -> PortalConfiguration | None:
        """The live configuration."""
        live = self._live(identifier)
        return None if live is None else _shape(identifier, live)

    def create(self, wanted: PortalConfiguration) -> PortalConfiguration:
        """Make the configuration, or take over one that is equal or inactive; one that differs is refused."""
        live = self._live(wanted.id)
        if live is None:
            params = {**_params(wanted), "metadata": {TAG: wanted.id}}
            self._account.create(
                lambda api, *given: api.billing_portal.configurations.create(*given),
                params,
                self._account.configurations,
                [],
            )
        elif not live["active"]:
            self._change(live, wanted)
        elif different := self.diff(_shape(wanted.id, live), wanted):
            paths = ", ".join(difference.path for difference in different)
            raise ProviderError(
                f"the portal's configuration {wanted.id} is there already and differs in {paths}; take it "
                "over with `python -m operations adopt --stack STACK`, then look at the preview again"
            )
        return self._confirmed(wanted)

    def update(self, live: PortalConfiguration, wanted: PortalConfiguration) -> PortalConfiguration:
        """Bring the live configuration to what is wanted."""
        present = self._live(wanted.id)
        if present is None:
            raise ProviderError(f"the portal's configuration {wanted.id} is gone; run the same command again")
        self._change(present, wanted)
        return self._confirmed(wanted)

    def delete(self, live: PortalConfiguration, scratch: bool) -> None:
        """Deactivate; the account's default must stay, and is of no use without a function that opens it."""
        present = self._live(live.id)
        if present and present["active"] and not present["is_default"]:
            self._update(present, {"active": False})

    def _live(self, identifier: str) -> Object | None:
        found = tagged(self._account.configurations(), identifier)
        return only(found, f"the portal's configuration {identifier}")

    def _change(self, live: Object, wanted: PortalConfiguration) -> None:
        active = {} if live["active"] == wanted.active else {"active": wanted.active}
        self._update(live, {**_params(wanted), **active})

    def _update(self, live: Object, params: Any) -> None:
        self._account.change(lambda api: api.billing_portal.configurations.update(live["id"], params))

    def _confirmed(self, wanted: PortalConfiguration) -> PortalConfiguration:
        live = self.read(wanted.id, wanted)
        if live is None or self.diff(live, wanted):
            raise ProviderError(
                f"the portal's configuration {wanted.id} is not as it was made; does somebody change it?"
            )
        return live


def _params(wanted: PortalConfiguration) -> Object:
    return {
        "features": {
            "invoice_history": {"enabled": True},
            "payment_method_update": {"enabled": True},
            "subscription_cancel": {"enabled": True, "mode": wanted.cancel},
            "subscription_update": {
                "enabled": True,
                "default_allowed_updates": ["price"],
                "proration_behavior": wanted.proration,
                "products": [{"product": wanted.product, "prices": wanted.prices}],
            },
        },
        "default_return_url": wanted.return_url or "",
    }


def _shape(identifier: str, live: Object) -> PortalConfiguration:
    cancel, update = (live["features"][name] for name in ("subscription_cancel", "subscription_update"))
    offered = update.get("products") or []
    return PortalConfiguration(
        name=identifier,
        product=",".join(each["product"] for each in offered),
        prices=sorted(price for each in offered for price in each["prices"]),
        proration=update["proration_behavior"],
        cancel=cancel["mode"],
        return_url=live["default_return_url"],
        active=live["active"] and _enabled(live),
        configuration=live["id"],
    )


def _enabled(live: Object) -> bool:
    names = ("invoice_history", "payment_method_update", "subscription_cancel", "subscription_update")
    return all(live["features"][name]["enabled"] for name in names)
