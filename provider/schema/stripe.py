"""The shapes of what a Stripe account sells, and of whom it tells."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self

import msgspec

from provider.schema.shape import Absence, Shape

Name = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9_-]{1,40}$")]
"""What this project calls an object; the object carries it in its metadata."""

Status = Literal["enabled", "disabled"]


class Product(Shape, frozen=True, kw_only=True):
    """Something that is sold."""

    token: ClassVar[str] = "voip:stripe:Product"
    droppable: ClassVar[bool] = False
    outputs: ClassVar[tuple[str, ...]] = ("product",)

    key: Name
    name: str
    description: str | None = None
    active: bool = True
    product: str = ""
    """Stripe's ID. Never declared."""

    @property
    def id(self) -> str:
        return self.key

    def foreseen(self, live: Self) -> Self:
        """It stays the object that it is."""
        return msgspec.structs.replace(self, product=live.product)


class Price(Shape, frozen=True, kw_only=True):
    """What a product costs. Its terms never change: other terms are another price, which takes the key."""

    token: ClassVar[str] = "voip:stripe:Price"
    droppable: ClassVar[bool] = False
    outputs: ClassVar[tuple[str, ...]] = ("price",)

    lookup_key: Name
    product: str
    """Stripe's ID of the product."""
    unit_amount: Annotated[int, msgspec.Meta(ge=0)]
    """In the currency's smallest unit."""
    currency: Annotated[str, msgspec.Meta(pattern=r"^[a-z]{3}$")] = "usd"
    interval: Literal["month", "year"]
    nickname: str | None = None
    active: bool = True
    former: list[str] = msgspec.field(default_factory=list)
    """Prices that had the key before and can still be sold. Never declared."""
    price: str = ""
    """Stripe's ID. Never declared."""

    @property
    def id(self) -> str:
        return self.lookup_key

    @property
    def terms(self) -> tuple[str, int, str, str]:
        """What can't be changed."""
        return self.product, self.unit_amount, self.currency, self.interval

    def foreseen(self, live: Self) -> Self:
        """It stays the object that it is unless its terms change."""
        kept = live.price if live.terms == self.terms else ""
        return msgspec.structs.replace(self, price=kept)


class WebhookEndpoint(Shape, frozen=True, kw_only=True):
    """Whom Stripe tells of what happens. It is made disabled; a WebhookActivation enables it."""

    token: ClassVar[str] = "voip:stripe:WebhookEndpoint"
    droppable: ClassVar[bool] = False
    outputs: ClassVar[tuple[str, ...]] = ("endpoint", "secret", "previousSecret")
    confidential: ClassVar[frozenset[str]] = frozenset({"secret", "previousSecret"})

    name: Name
    url: str
    events: list[str]
    api_version: str | None = None
    """Which can't be changed: with another one, it is another endpoint with another secret."""
    replace: bool = False
    """Consent to have the endpoint replaced."""
    endpoint: str = ""
    """Stripe's ID; none where the endpoint was deleted. Never declared."""
    secret: str = ""
    """What Stripe signs with, told once, as the endpoint is made. Never declared."""
    previous: str = ""
    """The endpoint that this one replaces, which tells until this one does. Never declared."""
    previous_secret: str = ""
    """What that one's are signed with. Never declared."""

    @property
    def id(self) -> str:
        return self.name

    def foreseen(self, live: Self) -> Self:
        """It stays the object that it is unless it is replaced."""
        if not live.endpoint or live.api_version != self.api_version:
            return self
        return msgspec.structs.replace(
            self, endpoint=live.endpoint, secret=live.secret, previous_secret=live.previous_secret
        )


class WebhookActivation(Shape, frozen=True, kw_only=True):
    """An endpoint that is enabled, once its function has answered a request signed with its secret."""

    token: ClassVar[str] = "voip:stripe:WebhookActivation"
    confidential: ClassVar[frozenset[str]] = frozenset({"secret"})

    name: Name
    """The endpoint's."""
    endpoint: str
    """Stripe's ID of the endpoint."""
    function: str
    """The slug of the function."""
    secret: str = ""
    """Without one, nothing can be signed, and the function isn't asked. Never read back."""
    status: Status = "enabled"

    @property
    def id(self) -> str:
        return self.name


class PortalConfiguration(Shape, frozen=True, kw_only=True):
    """What customers may do by themselves: cancel at the end of a period, and switch between prices."""

    token: ClassVar[str] = "voip:stripe:PortalConfiguration"
    droppable: ClassVar[bool] = False
    outputs: ClassVar[tuple[str, ...]] = ("configuration",)

    name: Name
    product: str
    """Stripe's ID of the product whose prices they may switch between."""
    prices: list[str]
    """Stripe's IDs."""
    proration: Literal["always_invoice", "create_prorations", "none"] = "create_prorations"
    cancel: Literal["at_period_end", "immediately"] = "at_period_end"
    return_url: str | None = None
    active: bool = True
    configuration: str = ""
    """Stripe's ID. Never declared."""

    @property
    def id(self) -> str:
        return self.name

    def foreseen(self, live: Self) -> Self:
        """It stays the object that it is."""
        return msgspec.structs.replace(self, configuration=live.configuration)


class Retirement(Absence, frozen=True, kw_only=True):
    """Activations declared absent; all else that Stripe keeps is archived as it is deleted."""

    token: ClassVar[str] = "voip:stripe:Retirement"
