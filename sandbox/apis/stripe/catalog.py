"""What is sold: products and prices."""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from sandbox.apis.stripe.books import Books, Object
from sandbox.apis.stripe.call import Call, Metadata, given, merged, page
from sandbox.apis.stripe.forms import Paging, Params
from sandbox.apis.stripe.refusals import StripeError


class NewProduct(Params):
    name: str
    id: str | UnsetType = UNSET
    active: bool = True
    description: str | None = None
    metadata: Metadata = msgspec.field(default_factory=dict)
    statement_descriptor: str | None = None
    tax_code: str | None = None
    unit_label: str | None = None
    url: str | None = None


class ProductChange(Params):
    name: str | UnsetType = UNSET
    active: bool | UnsetType = UNSET
    default_price: str | UnsetType = UNSET
    description: str | UnsetType | None = UNSET
    metadata: Metadata | UnsetType = UNSET
    statement_descriptor: str | UnsetType = UNSET
    tax_code: str | UnsetType | None = UNSET
    unit_label: str | UnsetType | None = UNSET
    url: str | UnsetType | None = UNSET


class ProductList(Paging):
    active: bool | UnsetType = UNSET
    ids: list[str] | UnsetType = UNSET


class Recurring(msgspec.Struct, forbid_unknown_fields=True):
    interval: Literal["day", "week", "month", "year"]
    interval_count: int = 1
    usage_type: Literal["licensed"] = "licensed"


class NewPrice(Params):
    currency: str
    product: str
    unit_amount: int
    active: bool = True
    lookup_key: str | None = None
    metadata: Metadata = msgspec.field(default_factory=dict)
    nickname: str | None = None
    recurring: Recurring | None = None
    tax_behavior: Literal["exclusive", "inclusive", "unspecified"] = "unspecified"
    transfer_lookup_key: bool = False


class PriceChange(Params):
    active: bool | UnsetType = UNSET
    lookup_key: str | UnsetType | None = UNSET
    metadata: Metadata | UnsetType = UNSET
    nickname: str | UnsetType | None = UNSET
    tax_behavior: Literal["exclusive", "inclusive", "unspecified"] | UnsetType = UNSET
    transfer_lookup_key: bool = False


class PriceList(Paging):
    active: bool | UnsetType = UNSET
    currency: str | UnsetType = UNSET
    lookup_keys: list[str] | UnsetType = UNSET
    product: str | UnsetType = UNSET
    type: Literal["one_time", "recurring"] | UnsetType = UNSET


def create_product(call: Call) -> Object:
    """POST /v1/products."""
    wanted = call.params(NewProduct)
    if wanted.id is not UNSET and call.books.find(wanted.id):
        raise StripeError("Product already exists.", code="resource_already_exists", param="id")
    product = call.books.blank("product", **given(wanted))
    product |= {"metadata": merged({}, wanted.metadata), "updated": product["created"]}
    call.books.put(product)
    call.books.emit("product.created", product)
    return product


def change_product(call: Call) -> Object:
    """POST /v1/products/{id}."""
    wanted = call.params(ProductChange)
    product = call.books.get("product", call.id)
    changes = given(wanted)
    if "metadata" in changes:
        changes["metadata"] = merged(product["metadata"], changes["metadata"])
    if wanted.default_price is not UNSET:
        call.books.get("price", wanted.default_price, "default_price")
    if any(product[name] != value for name, value in changes.items()):
        changes["updated"] = call.books.now()
    return call.books.change("product.updated", product, **changes)


def delete_product(call: Call) -> Object:
    """DELETE /v1/products/{id}."""
    product = call.books.get("product", call.id)
    if any(price["product"] == call.id for price in call.books.all("price")):
        raise StripeError(
            "This product cannot be deleted because it has one or more user-created prices.", param="id"
        )
    call.books.drop(call.id)
    call.books.emit("product.deleted", product)
    return {"id": call.id, "object": "product", "deleted": True}


def list_products(call: Call) -> Object:
    """GET /v1/products."""
    asked = call.params(ProductList)

    def fits(product: Object) -> bool:
        return asked.active in (UNSET, product["active"]) and (
            asked.ids is UNSET or product["id"] in asked.ids
        )

    return page(call, "product", asked, fits, "/v1/products")


def create_price(call: Call) -> Object:
    """POST /v1/prices."""
    wanted = call.params(NewPrice)
    call.books.get("product", wanted.product, "product")
    if wanted.unit_amount < 0:
        raise StripeError("Invalid integer: must be at least 0", param="unit_amount")
    _take_key(call.books, wanted.lookup_key, None, transfer=wanted.transfer_lookup_key)
    price = call.books.blank("price", **given(wanted, "transfer_lookup_key"))
    price |= {
        "currency": wanted.currency.lower(),
        "metadata": merged({}, wanted.metadata),
        "recurring": None if wanted.recurring is None else {**price["recurring"], "meter": None},
        "type": "one_time" if wanted.recurring is None else "recurring",
        "unit_amount_decimal": str(wanted.unit_amount),
    }
    call.books.put(price)
    call.books.emit("price.created", price)
    return price


def change_price(call: Call) -> Object:
    """POST /v1/prices/{id}."""
    wanted = call.params(PriceChange)
    price = call.books.get("price", call.id)
    if isinstance(wanted.lookup_key, str):
        _take_key(call.books, wanted.lookup_key, call.id, transfer=wanted.transfer_lookup_key)
    behavior = price["tax_behavior"]
    if wanted.tax_behavior not in (UNSET, behavior) and behavior != "unspecified":
        raise StripeError("You cannot change the tax_behavior once it is set.", param="tax_behavior")
    changes = given(wanted, "transfer_lookup_key")
    if "metadata" in changes:
        changes["metadata"] = merged(price["metadata"], changes["metadata"])
    return call.books.change("price.updated", price, **changes)


def list_prices(call: Call) -> Object:
    """GET /v1/prices."""
    asked = call.params(PriceList)
    if asked.lookup_keys is not UNSET and len(asked.lookup_keys) > 10:
        raise StripeError("You may only specify up to 10 lookup_keys.", param="lookup_keys")
    names: tuple[Literal["active", "currency", "product", "type"], ...] = (
        "active",
        "currency",
        "product",
        "type",
    )

    def fits(price: Object) -> bool:
        alike = all(getattr(asked, name) in (UNSET, price[name]) for name in names)
        return alike and (asked.lookup_keys is UNSET or price["lookup_key"] in asked.lookup_keys)

    return page(call, "price", asked, fits, "/v1/prices")


def _take_key(books: Books, key: str | None, taker: str | None, *, transfer: bool) -> None:
    """A lookup key has one holder in the whole account, archived prices included."""
    if key is None:
        return
    if len(key) > 200:
        raise StripeError("Invalid string: lookup_key must be at most 200 characters", param="lookup_key")
    holder = next(
        (price for price in books.all("price") if price["lookup_key"] == key and price["id"] != taker), None
    )
    if holder is None:
        return
    if not transfer:
        raise StripeError(
            f"A price (`{holder['id']}`) already uses that lookup key.",
            code="resource_already_exists",
            param="lookup_key",
        )
    books.change("price.updated", holder, lookup_key=None)
