"""Products."""

from __future__ import annotations

import msgspec

from provider.differences import Difference, differences
from provider.errors import ProviderError
from provider.schema.stripe import Product
from provider.stripe.account import TAG, Account, Object, changed, only, tagged


class ProductKind:
    """Makes, changes and archives; Stripe deletes no product that ever had a price."""

    shape = Product

    def __init__(self, account: Account) -> None:
        self._account = account

    def check(self, wanted: Product) -> Product:
        """The declared product, without what is never declared."""
        return msgspec.structs.replace(wanted, product="")

    def diff(self, live: Product, wanted: Product) -> list[Difference]:
        """What of the live product is not as wanted."""
        return list(differences(self.check(live).wire(), wanted.wire()))

    def read(self, identifier: str, known: Product | None) -> Product | None:
        """The live product."""
        live = self._live(identifier)
        return None if live is None else _shape(identifier, live)

    def create(self, wanted: Product) -> Product:
        """Make the product, or take over one that is equal or archived; one that differs is refused."""
        live = self._live(wanted.id)
        if live is None:
            params = {"name": wanted.name, "metadata": {TAG: wanted.id}}
            if wanted.description:
                params["description"] = wanted.description
            self._account.create(
                lambda api, *given: api.products.create(*given), params, self._account.products, []
            )
        elif not live["active"]:
            self._change(live, wanted)
        elif different := self.diff(_shape(wanted.id, live), wanted):
            paths = ", ".join(difference.path for difference in different)
            raise ProviderError(
                f"the product {wanted.id} is there already and differs in {paths}; take it over with "
                "`python -m operations adopt --stack STACK`, then look at the preview again"
            )
        return self._confirmed(wanted)

    def update(self, live: Product, wanted: Product) -> Product:
        """Bring the live product to what is wanted."""
        present = self._live(wanted.id)
        if present is None:
            raise ProviderError(f"the product {wanted.id} is gone; run the same command again")
        self._change(present, wanted)
        return self._confirmed(wanted)

    def delete(self, live: Product, scratch: bool) -> None:
        """Archive."""
        present = self._live(live.id)
        if present and present["active"]:
            identifier = present["id"]
            self._account.change(lambda api: api.products.update(identifier, {"active": False}))

    def _live(self, identifier: str) -> Object | None:
        return only(tagged(self._account.products(), identifier), f"the product {identifier}")

    def _change(self, live: Object, wanted: Product) -> None:
        params = changed(live, name=wanted.name, description=wanted.description, active=wanted.active)
        if params:
            self._account.change(lambda api: api.products.update(live["id"], params))  # type: ignore[arg-type]

    def _confirmed(self, wanted: Product) -> Product:
        live = self.read(wanted.id, wanted)
        if live is None or self.diff(live, wanted):
            raise ProviderError(f"the product {wanted.id} is not as it was made; does somebody change it?")
        return live


def _shape(identifier: str, live: Object) -> Product:
    return Product(
        key=identifier,
        name=live["name"],
        description=live["description"],
        active=live["active"],
        product=live["id"],
    )
