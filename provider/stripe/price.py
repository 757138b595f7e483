"""Prices."""

from __future__ import annotations

import msgspec

from provider.differences import Difference, differences
from provider.errors import ProviderError
from provider.schema.stripe import Price
from provider.stripe.account import TAG, Account, Object, changed, tagged


class PriceKind:
    """A price with other terms is made beside the old one and takes its key in the same request; then the old
    one is archived. So at every instant one price that can be sold answers to the key.
    """

    shape = Price

    def __init__(self, account: Account) -> None:
        self._account = account

    def check(self, wanted: Price) -> Price:
        """The declared price, without what is never declared."""
        return msgspec.structs.replace(wanted, price="", former=[])

    def diff(self, live: Price, wanted: Price) -> list[Difference]:
        """What of the live price is not as wanted; one before it that can still be sold, too."""
        return list(differences(msgspec.structs.replace(live, price="").wire(), wanted.wire()))

    def read(self, identifier: str, known: Price | None) -> Price | None:
        """The price that answers to the key."""
        holder = self._holder(identifier)
        return None if holder is None else _shape(holder, self._former(identifier, holder))

    def create(self, wanted: Price) -> Price:
        """Make the price, or take over one of the same terms; one of other terms that is sold is refused."""
        holder = self._holder(wanted.id)
        if holder and holder["active"] and (different := self.diff(_shape(holder, []), wanted)):
            paths = ", ".join(difference.path for difference in different)
            raise ProviderError(
                f"the price {wanted.id} is there already and differs in {paths}; take it over with "
                "`python -m operations adopt --stack STACK`, then look at the preview again"
            )
        return self._settle(wanted, holder)

    def update(self, live: Price, wanted: Price) -> Price:
        """Bring the price that answers to the key to what is wanted."""
        return self._settle(wanted, self._holder(wanted.id))

    def delete(self, live: Price, scratch: bool) -> None:
        """Archive."""
        holder = self._holder(live.id)
        self._archive([holder["id"]] if holder and holder["active"] else [])

    def _settle(self, wanted: Price, holder: Object | None) -> Price:
        if holder is None or _shape(holder, []).terms != wanted.terms:
            self._make(wanted)
        elif params := changed(holder, active=wanted.active, nickname=wanted.nickname):
            self._account.change(lambda api: api.prices.update(holder["id"], params))  # type: ignore[arg-type]
        self._archive(self._former(wanted.id, self._holder(wanted.id)))
        return self._confirmed(wanted)

    def _make(self, wanted: Price) -> None:
        params = {
            "product": wanted.product,
            "unit_amount": wanted.unit_amount,
            "currency": wanted.currency,
            "recurring": {"interval": wanted.interval},
            "lookup_key": wanted.lookup_key,
            "transfer_lookup_key": True,
            "metadata": {TAG: wanted.lookup_key},
        }
        if wanted.nickname:
            params["nickname"] = wanted.nickname
        before = [price["id"] for price in tagged(self._account.prices(), wanted.id)]
        self._account.create(
            lambda api, *given: api.prices.create(*given), params, self._account.prices, before
        )

    def _archive(self, prices: list[str]) -> None:
        for price in prices:
            self._account.change(lambda api, price=price: api.prices.update(price, {"active": False}))  # type: ignore[misc]

    def _holder(self, key: str) -> Object | None:
        return next((price for price in self._account.prices() if price["lookup_key"] == key), None)

    def _former(self, key: str, holder: Object | None) -> list[str]:
        ours = tagged(self._account.prices(), key)
        return sorted(price["id"] for price in ours if price["active"] and price != holder)

    def _confirmed(self, wanted: Price) -> Price:
        live = self.read(wanted.id, wanted)
        if live is None or self.diff(live, wanted):
            raise ProviderError(f"the price {wanted.id} is not as it was made; does somebody change it?")
        return live


def _shape(live: Object, former: list[str]) -> Price:
    if not live["recurring"] or live["recurring"]["interval_count"] != 1 or live["unit_amount"] is None:
        raise ProviderError(
            f"{live['id']}, which has the lookup key {live['lookup_key']}, is not a fixed amount by the "
            "month or year; give the key to a price that is"
        )
    return Price(
        lookup_key=live["lookup_key"],
        product=live["product"],
        unit_amount=live["unit_amount"],
        currency=live["currency"],
        interval=live["recurring"]["interval"],
        nickname=live["nickname"],
        active=live["active"],
        former=former,
        price=live["id"],
    )
