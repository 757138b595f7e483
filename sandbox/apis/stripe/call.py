"""What an endpoint is given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec
from msgspec import UNSET

from sandbox.apis.stripe.books import Books, Object
from sandbox.apis.stripe.forms import Paging, Params, decoded
from sandbox.apis.stripe.refusals import StripeError

P = TypeVar("P", bound=msgspec.Struct)

Metadata = dict[str, str | None]


@dataclass(frozen=True)
class Call:
    """One request to one account."""

    books: Books
    data: dict[str, Any]
    """The parameters, nested and not yet held against anything."""
    id: str
    """The ID in the path."""
    host: str
    """Where the sandbox's own pages are reached."""

    def params(self, shape: type[P]) -> P:
        """The parameters, held against what the endpoint takes."""
        return decoded(self.data, shape)


Endpoint = Callable[[Call], Object]


def given(params: Params, *but: str) -> Object:
    """The parameters that were said, by name, without those that say how to answer."""
    fields = (field for field in params.__struct_fields__ if field not in ("expand", *but))
    return {
        name: msgspec.to_builtins(value) for name in fields if (value := getattr(params, name)) is not UNSET
    }


def merged(known: Object, said: Object) -> Object:
    """Metadata after a change: what is said to be nothing is gone."""
    return {name: value for name, value in {**known, **said}.items() if value is not None}


def page(call: Call, kind: str, paging: Paging, fits: Callable[[Object], bool], url: str) -> Object:
    """One page of the objects that fit, the newest first."""
    if not 1 <= paging.limit <= 100:
        raise StripeError("Invalid integer: limit must be between 1 and 100", param="limit")
    customer = call.data.get("customer")
    found = [item for item in call.books.all(kind, customer) if fits(item)]
    if paging.starting_after:
        found = found[_place(found, kind, paging.starting_after, "starting_after") + 1 :]
    shown = found[: paging.limit]
    if paging.ending_before:
        before = found[: _place(found, kind, paging.ending_before, "ending_before")]
        found, shown = before, before[-paging.limit :]
    return listed(shown, url, has_more=len(found) > len(shown))


def listed(items: list[Object], url: str, *, has_more: bool = False) -> Object:
    """A list as the API tells it."""
    return {"object": "list", "data": items, "has_more": has_more, "url": url}


def retrieve(kind: str) -> Endpoint:
    """An endpoint that tells one object."""

    def endpoint(call: Call) -> Object:
        call.params(Params)
        return call.books.get(kind, call.id)

    return endpoint


def _place(found: list[Object], kind: str, identifier: str, param: str) -> int:
    for place, item in enumerate(found):
        if item["id"] == identifier:
            return place
    raise StripeError(
        f"No such {kind.rpartition('.')[2]}: '{identifier}'", code="resource_missing", param=param
    )
