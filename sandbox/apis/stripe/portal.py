"""The page where a customer looks after what is paid."""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from sandbox.apis.stripe.books import Books, Object
from sandbox.apis.stripe.call import Call, Metadata, given, merged, page
from sandbox.apis.stripe.forms import Paging, Params
from sandbox.apis.stripe.refusals import StripeError
from sandbox.apis.stripe.subscriptions import Proration, cancel_later, replace_card, switch

OPEN_SECONDS = 3600


class Feature(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    enabled: bool


class CustomerUpdate(Feature, kw_only=True):
    allowed_updates: list[str] | UnsetType = UNSET


class SubscriptionCancel(Feature, kw_only=True):
    mode: Literal["at_period_end", "immediately"] | UnsetType = UNSET
    proration_behavior: Proration | UnsetType = UNSET


class SwitchProduct(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    product: str
    prices: list[str]


class SubscriptionUpdate(Feature, kw_only=True):
    default_allowed_updates: list[Literal["price", "promotion_code", "quantity"]] | UnsetType = UNSET
    products: list[SwitchProduct] | UnsetType = UNSET
    proration_behavior: Proration | UnsetType = UNSET


class Features(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    customer_update: CustomerUpdate | UnsetType = UNSET
    invoice_history: Feature | UnsetType = UNSET
    payment_method_update: Feature | UnsetType = UNSET
    subscription_cancel: SubscriptionCancel | UnsetType = UNSET
    subscription_update: SubscriptionUpdate | UnsetType = UNSET


class BusinessProfile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    headline: str | UnsetType | None = UNSET
    privacy_policy_url: str | UnsetType | None = UNSET
    terms_of_service_url: str | UnsetType | None = UNSET


class NewConfiguration(Params):
    features: Features
    business_profile: BusinessProfile = BusinessProfile()
    default_return_url: str | None = None
    metadata: Metadata = msgspec.field(default_factory=dict)
    name: str | None = None


class ConfigurationChange(Params):
    active: bool | UnsetType = UNSET
    business_profile: BusinessProfile = BusinessProfile()
    default_return_url: str | UnsetType | None = UNSET
    features: Features = Features()
    metadata: Metadata | UnsetType = UNSET
    name: str | UnsetType | None = UNSET


class ConfigurationList(Paging):
    active: bool | UnsetType = UNSET
    is_default: bool | UnsetType = UNSET


class NewSession(Params):
    customer: str
    configuration: str | UnsetType = UNSET
    return_url: str | None = None


def create_configuration(call: Call) -> Object:
    """POST /v1/billing_portal/configurations."""
    wanted = call.params(NewConfiguration)
    configuration = call.books.blank(
        "billing_portal.configuration",
        default_return_url=wanted.default_return_url,
        metadata=merged({}, wanted.metadata),
        name=wanted.name,
    )
    configuration["is_default"] = not any(call.books.all("billing_portal.configuration"))
    configuration["updated"] = configuration["created"]
    _profile(configuration, wanted.business_profile)
    _features(call.books, configuration, wanted.features)
    call.books.put(configuration)
    call.books.emit("billing_portal.configuration.created", configuration)
    return configuration


def change_configuration(call: Call) -> Object:
    """POST /v1/billing_portal/configurations/{id}."""
    wanted = call.params(ConfigurationChange)
    configuration = call.books.get("billing_portal.configuration", call.id)
    if wanted.active is False and configuration["is_default"]:
        raise StripeError("You cannot deactivate the default configuration.", param="active")
    changes = given(wanted, "features", "business_profile")
    if "metadata" in changes:
        changes["metadata"] = merged(configuration["metadata"], changes["metadata"])
    _profile(configuration, wanted.business_profile)
    _features(call.books, configuration, wanted.features)
    call.books.put(configuration | changes | {"updated": call.books.now()})
    changed = call.books.get("billing_portal.configuration", call.id)
    call.books.emit("billing_portal.configuration.updated", changed, {"updated": configuration["updated"]})
    return changed


def list_configurations(call: Call) -> Object:
    """GET /v1/billing_portal/configurations."""
    asked = call.params(ConfigurationList)

    def fits(configuration: Object) -> bool:
        return all(getattr(asked, name) in (UNSET, configuration[name]) for name in ("active", "is_default"))

    return page(call, "billing_portal.configuration", asked, fits, "/v1/billing_portal/configurations")


def create_session(call: Call) -> Object:
    """POST /v1/billing_portal/sessions."""
    wanted, books = call.params(NewSession), call.books
    books.get("customer", wanted.customer, "customer")
    configuration = _configuration(books, wanted.configuration)
    session = books.blank(
        "billing_portal.session",
        configuration=configuration["id"],
        customer=wanted.customer,
        return_url=wanted.return_url or configuration["default_return_url"],
    )
    session["url"] = f"{call.host}/portal/{session['id']}"
    books.put(session)
    books.emit("billing_portal.session.created", session)
    return session


def cancel(books: Books, session: str) -> Object:
    """What a customer does there: let the subscription run out."""
    features, subscription = _opened(books, session, "subscription_cancel")
    if features["mode"] != "at_period_end":
        raise StripeError("The sandbox's portal cancels at the end of a period alone.")
    cancel_later(books, subscription, wanted=True)
    return subscription


def resume(books: Books, session: str) -> Object:
    """What a customer does there: not let it run out after all."""
    _, subscription = _opened(books, session, "subscription_cancel")
    cancel_later(books, subscription, wanted=False)
    return subscription


def change_price(books: Books, session: str, price: str) -> Object:
    """What a customer does there: pay by the year, or by the month."""
    features, subscription = _opened(books, session, "subscription_update")
    offered = [each for product in features["_products"] for each in product["prices"]]
    if price not in offered or "price" not in features["default_allowed_updates"]:
        raise StripeError(f"The portal doesn't offer {price}.")
    switch(books, subscription, price, features["proration_behavior"])
    return subscription


def change_card(books: Books, session: str, card: str) -> Object:
    """What a customer does there: give another card."""
    opened = _session(books, session)
    _enabled(books, opened, "payment_method_update")
    customer = books.get("customer", opened["customer"])
    replace_card(books, customer, card)
    return customer


def _configuration(books: Books, identifier: str | UnsetType) -> Object:
    if identifier is not UNSET:
        return books.get("billing_portal.configuration", identifier, "configuration")
    for configuration in books.all("billing_portal.configuration"):
        if configuration["is_default"]:
            return configuration
    mode = "live" if books.livemode else "test"
    raise StripeError(
        f"No configuration provided and your {mode} mode default configuration has not been created. "
        "Provide a configuration or create your default."
    )


def _profile(configuration: Object, wanted: BusinessProfile) -> None:
    said = {name: value for name, value in msgspec.structs.asdict(wanted).items() if value is not UNSET}
    configuration["business_profile"] = {**configuration["business_profile"], **said}


def _features(books: Books, configuration: Object, wanted: Features) -> None:
    said = msgspec.to_builtins(wanted)
    features = {
        name: {**feature, **said.get(name, {})} for name, feature in configuration["features"].items()
    }
    update = features["subscription_update"]
    if products := update.pop("products", None):
        # Only told to whoever asks for it.
        update["_products"] = products
    if update["enabled"] and not (update["_products"] and update["default_allowed_updates"]):
        raise StripeError(
            "Enabling subscription_update requires products and default_allowed_updates.",
            param="features[subscription_update]",
        )
    for product in update["_products"] or []:
        books.get("product", product["product"], "features[subscription_update][products]")
        for price in product["prices"]:
            books.get("price", price, "features[subscription_update][products]")
    configuration["features"] = features


def _session(books: Books, identifier: str) -> Object:
    session = books.get("billing_portal.session", identifier)
    if books.now() > session["created"] + OPEN_SECONDS:
        raise StripeError("The session has expired.")
    return session


def _enabled(books: Books, session: Object, feature: str) -> Object:
    configuration = books.get("billing_portal.configuration", session["configuration"])
    found: Object = configuration["features"][feature]
    if not found["enabled"]:
        raise StripeError(f"The portal's {feature} is not enabled.")
    return found


def _opened(books: Books, identifier: str, feature: str) -> tuple[Object, Object]:
    session = _session(books, identifier)
    found = _enabled(books, session, feature)
    for subscription in books.all("subscription", session["customer"]):
        if subscription["status"] in ("active", "past_due", "trialing"):
            return found, subscription
    raise StripeError("The customer has no subscription that is running.")
