"""Products, prices and the portal's configuration, on the stand-in for Stripe."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from provider.errors import ProviderError
from provider.schema.stripe import PortalConfiguration, Price, Product
from tests.fix_stripe import Account
from tests.provider.stripe.conftest import KindOf, written

PLAN = Product(key="plan", name="The plan", description="All of it")
MONTHLY = Price(lookup_key="monthly", product="", unit_amount=9900, interval="month")


@pytest.fixture
def sold(kind: KindOf) -> Price:
    """The monthly price of a product that is there."""
    product = kind(Product).create(PLAN)
    assert isinstance(product, Product)
    return msgspec.structs.replace(MONTHLY, product=product.product)


def active(account: Account, key: str) -> list[int | None]:
    """The amounts of the prices that can be sold under a key."""
    listed = account.stripe.v1.prices.list({"lookup_keys": [key], "active": True})
    return [price.unit_amount for price in listed.data]


class TestProduct:
    def test_it_is_made_changed_and_archived(self, kind: KindOf, later: KindOf, account: Account) -> None:
        products = kind(Product)
        assert products.read("plan", None) is None
        live = products.create(PLAN)
        assert products.diff(live, PLAN) == []
        renamed = msgspec.structs.replace(PLAN, name="Another", description=None)
        assert [each.path for each in products.diff(live, renamed)] == ["description", "name"]
        live = products.update(live, renamed)
        read = later(Product).read("plan", live)
        assert read == live
        products.delete(live, False)
        assert account.stripe.v1.products.list().data[0].active is False

    def test_one_that_was_archived_is_taken_again(self, kind: KindOf, account: Account) -> None:
        products = kind(Product)
        first = products.create(PLAN)
        products.delete(first, False)
        assert products.create(PLAN) == first
        assert len(account.stripe.v1.products.list().data) == 1

    def test_an_equal_one_is_taken_over_and_another_is_refused(
        self, kind: KindOf, later: KindOf, account: Account
    ) -> None:
        kind(Product).create(PLAN)
        later(Product).create(PLAN)
        assert written(account) == {"POST products": 1}
        with pytest.raises(ProviderError, match="there already and differs in name"):
            later(Product).create(msgspec.structs.replace(PLAN, name="Another"))

    def test_of_two_people_must_tell(self, kind: KindOf, account: Account) -> None:
        for _ in range(2):
            account.stripe.v1.products.create({"name": "x", "metadata": {"voip": "plan"}})
        with pytest.raises(ProviderError, match="Stripe has 2 of the product plan"):
            kind(Product).read("plan", None)


class TestPrice:
    def test_it_is_made_and_adopted_without_a_write(
        self, kind: KindOf, later: KindOf, sold: Price, account: Account
    ) -> None:
        live = kind(Price).create(sold)
        assert isinstance(live, Price)
        assert (live.terms, live.active, live.former) == (sold.terms, True, [])
        before = written(account)
        assert later(Price).read("monthly", None) == live
        assert later(Price).create(sold) == live
        assert written(account) == before

    def test_another_amount_is_another_price(
        self, kind: KindOf, later: KindOf, sold: Price, account: Account
    ) -> None:
        prices = kind(Price)
        live = prices.create(sold)
        dearer = msgspec.structs.replace(sold, unit_amount=10900)
        assert [each.path for each in prices.diff(live, dearer)] == ["unitAmount"]
        assert dearer.foreseen(live).price == ""  # type: ignore[arg-type]
        new = prices.update(live, dearer)
        assert isinstance(live, Price)
        assert isinstance(new, Price)
        assert new.price != live.price
        old = account.stripe.v1.prices.retrieve(live.price)
        assert (old.active, old.lookup_key) == (False, None)
        assert active(account, "monthly") == [10900]
        assert later(Price).diff(later(Price).read("monthly", new), dearer) == []

    def test_back_and_forth_is_a_new_price_each_time(
        self, kind: KindOf, sold: Price, account: Account
    ) -> None:
        prices, live = kind(Price), kind(Price).create(sold)
        for amount in (10900, 9900, 10900, 9900):
            live = prices.update(live, msgspec.structs.replace(sold, unit_amount=amount))
            assert active(account, "monthly") == [amount]
        assert len(account.stripe.v1.prices.list().data) == 5

    def test_one_that_lost_its_key_is_archived(
        self, kind: KindOf, later: KindOf, sold: Price, account: Account
    ) -> None:
        live = kind(Price).create(sold)
        assert isinstance(live, Price)
        account.stripe.v1.prices.create(
            {
                "currency": "usd",
                "product": sold.product,
                "unit_amount": 9900,
                "recurring": {"interval": "month"},
                "lookup_key": "monthly",
                "transfer_lookup_key": True,
            }
        )
        present = later(Price).read("monthly", live)
        assert isinstance(present, Price)
        assert present.former == [live.price]
        assert [each.path for each in later(Price).diff(present, sold)] == ["former"]
        mended = later(Price).update(present, sold)
        assert later(Price).diff(mended, sold) == []
        assert active(account, "monthly") == [9900]

    def test_one_that_was_archived_by_hand_is_sold_again(
        self, kind: KindOf, later: KindOf, sold: Price, account: Account
    ) -> None:
        live = kind(Price).create(sold)
        assert isinstance(live, Price)
        account.stripe.v1.prices.update(live.price, {"active": False})
        present = later(Price).read("monthly", live)
        assert [each.path for each in later(Price).diff(present, sold)] == ["active"]
        assert later(Price).update(present, sold) == live

    def test_a_delete_archives(self, kind: KindOf, sold: Price, account: Account) -> None:
        live = kind(Price).create(sold)
        kind(Price).delete(live, False)
        assert active(account, "monthly") == []
        assert kind(Price).create(sold) == live

    def test_what_is_no_fixed_amount_is_refused(self, kind: KindOf, sold: Price, account: Account) -> None:
        account.stripe.v1.prices.create(
            {"currency": "usd", "product": sold.product, "unit_amount": 1, "lookup_key": "monthly"}
        )
        with pytest.raises(ProviderError, match="not a fixed amount"):
            kind(Price).read("monthly", None)


class TestPortal:
    @pytest.fixture
    def portal(self, kind: KindOf, sold: Price) -> PortalConfiguration:
        live: Any = kind(Price).create(sold)
        return PortalConfiguration(name="portal", product=sold.product, prices=[live.price])

    def test_it_is_made_and_adopted_without_a_write(
        self, kind: KindOf, later: KindOf, portal: PortalConfiguration, account: Account
    ) -> None:
        live = kind(PortalConfiguration).create(portal)
        before = written(account)
        assert later(PortalConfiguration).read("portal", None) == live
        assert later(PortalConfiguration).diff(live, portal) == []
        assert later(PortalConfiguration).create(portal) == live
        assert written(account) == before

    def test_what_was_changed_by_hand_is_seen_and_put_back(
        self, kind: KindOf, later: KindOf, portal: PortalConfiguration, account: Account
    ) -> None:
        live: Any = kind(PortalConfiguration).create(portal)
        account.stripe.v1.billing_portal.configurations.update(
            live.configuration,
            {
                "features": {
                    "subscription_cancel": {"enabled": True, "mode": "immediately"},
                    "invoice_history": {"enabled": False},
                }
            },
        )
        present = later(PortalConfiguration).read("portal", live)
        assert [each.path for each in later(PortalConfiguration).diff(present, portal)] == [
            "active",
            "cancel",
        ]
        assert later(PortalConfiguration).update(present, portal) == live

    def test_a_delete_deactivates(self, kind: KindOf, portal: PortalConfiguration, account: Account) -> None:
        configurations = account.stripe.v1.billing_portal.configurations
        configurations.create({"features": {"invoice_history": {"enabled": True}}})  # the account's default
        live: Any = kind(PortalConfiguration).create(portal)
        kind(PortalConfiguration).delete(live, False)
        assert configurations.retrieve(live.configuration).active is False
        assert kind(PortalConfiguration).create(portal) == live
