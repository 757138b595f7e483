"""What Stripe's answers look like, from the types of its own library."""

from __future__ import annotations

import builtins
import inspect
import sys
import types
import typing
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from importlib import import_module
from typing import Any, Literal, Union, get_args, get_origin

import stripe
from stripe import ListObject, StripeObject
from stripe._expandable_field import ExpandableField
from stripe._stripe_object import UntypedStripeObject

MODULES = ("stripe", "stripe.billing_portal", "stripe.checkout", "stripe.test_helpers")
PLAIN: dict[Any, Any] = {Decimal: str, float: (int, float)}


KINDS: dict[str, type] = {
    each.OBJECT_NAME: each
    for each in (
        stripe.Account,
        stripe.Charge,
        stripe.Customer,
        stripe.Event,
        stripe.Invoice,
        stripe.InvoicePayment,
        stripe.PaymentIntent,
        stripe.PaymentMethod,
        stripe.Price,
        stripe.Product,
        stripe.Refund,
        stripe.Subscription,
        stripe.WebhookEndpoint,
        stripe.billing_portal.Configuration,
        stripe.billing_portal.Session,
        stripe.checkout.Session,
        stripe.test_helpers.TestClock,
    )
}


def faults(value: Any, kind: type | None = None, path: str = "$") -> Iterator[str]:
    """What of an answer is not as the library's types have it."""
    if isinstance(value, dict) and value.get("object") == "list":
        yield from (each for item in value["data"] for each in faults(item, path=f"{path}.data"))
        return
    if value.get("deleted"):
        return
    yield from _object(value, kind or KINDS[value["object"]], path)


def _object(value: Any, kind: type, path: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{path}: {value!r} is no {kind.__name__}"
        return
    hints = _hints(kind)
    for name in value.keys() - hints.keys():
        yield f"{path}.{name}: {kind.__name__} has none"
    for name, hint in hints.items():
        if name in value:
            yield from _value(value[name], hint, f"{path}.{name}")
        elif type(None) not in get_args(hint):
            yield f"{path}.{name}: {kind.__name__} lacks it"


def _value(value: Any, hint: Any, path: str) -> Iterator[str]:
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        attempts = [list(_value(value, each, path)) for each in inner]
        if all(attempts):
            yield min(attempts, key=lambda found: (found[0].endswith(f"{value!r}"), len(found)))[0]
    elif origin is Literal:
        if value not in inner:
            yield f"{path}: {value!r} is none of {inner}"
    elif origin is list:
        yield from _items(value, inner[0], path)
    elif origin is ListObject:
        yield from _items(value["data"], inner[0], f"{path}.data")
    elif origin is UntypedStripeObject or hint is Any:
        return
    elif inspect.isclass(hint) and issubclass(hint, StripeObject):
        yield from _object(value, hint, path)
    elif not isinstance(value, PLAIN.get(hint, hint)) or (hint is int and isinstance(value, bool)):
        yield f"{path}: not {hint.__name__}, but {value!r}"


def _items(value: Any, hint: Any, path: str) -> Iterator[str]:
    if not isinstance(value, list):
        yield f"{path}: not a list, but {value!r}"
        return
    for place, item in enumerate(value):
        yield from _value(item, hint, f"{path}[{place}]")


@cache
def _hints(kind: type) -> dict[str, Any]:
    module = vars(sys.modules[kind.__module__])
    hints = typing.get_type_hints(kind, module, _Names(module, kind))
    inherited = typing.get_type_hints(
        StripeObject, vars(sys.modules[StripeObject.__module__]), _Names({}, kind)
    )
    return {name: hint for name, hint in hints.items() if name not in inherited and name != "OBJECT_NAME"}


class _Names(dict[str, Any]):
    """The names that a module imports for type checkers alone."""

    def __init__(self, module: dict[str, Any], kind: type) -> None:
        super().__init__(module)
        self["ExpandableField"] = ExpandableField
        for part in _enclosing(kind):
            self.update({name: each for name, each in vars(part).items() if inspect.isclass(each)})

    def __missing__(self, name: str) -> Any:
        for module in (stripe, *map(import_module, MODULES)):
            if hasattr(module, name):
                return getattr(module, name)
        if hasattr(builtins, name):
            raise KeyError(name)
        return Any  # another name for a class, of kinds that nothing here has


def _enclosing(kind: type) -> Iterator[type]:
    node: Any = sys.modules[kind.__module__]
    for name in kind.__qualname__.split("."):
        node = getattr(node, name)
        yield node
