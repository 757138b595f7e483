"""Requests as the API takes them: forms whose names have brackets, such as `items[0][price]`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, TypeVar

import msgspec

from sandbox.apis.stripe.refusals import StripeError

_PART = re.compile(r"\[([^\[\]]*)\]")
_UNKNOWN = re.compile(r"unknown field `(.+?)`")
_MISSING = re.compile(r"missing required field `(.+?)`")
_PLACE = re.compile(r" - at `\$\.?(.*)`$")


class Params(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The parameters of one endpoint. UNSET: nothing is said of it; None: it is to be emptied."""

    expand: list[str] = []


class Paging(Params, kw_only=True):
    """The parameters of every list."""

    limit: int = 10
    starting_after: str | None = None
    ending_before: str | None = None


P = TypeVar("P", bound=msgspec.Struct)


def parse(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Nested data from a form; whatever has numbers for keys is a list."""
    tree: dict[str, Any] = {}
    for name, value in pairs:
        head, _, rest = name.partition("[")
        path = [head, *_PART.findall(f"[{rest}" if rest else "")]
        node = tree
        for part in path[:-1]:
            node = _deeper(node, part, name)
        node[_key(node, path[-1])] = value or None
    return {key: _lists(value) for key, value in tree.items()}


def decoded(data: dict[str, Any], shape: type[P]) -> P:
    """The parameters of an endpoint; refuses what it doesn't take, lacks or can't be read."""
    if "metadata" in data:
        data = {**data, "metadata": data["metadata"] or {}}  # emptied as a whole
    try:
        return msgspec.convert(data, shape, strict=False)
    except msgspec.ValidationError as error:
        raise _refusal(str(error)) from None


def _deeper(node: dict[str, Any], part: str, name: str) -> dict[str, Any]:
    deeper = node.setdefault(_key(node, part), {})
    if not isinstance(deeper, dict):
        raise StripeError(f"Invalid {name}: it is given as a value and as an object", param=name)
    return deeper


def _key(node: dict[str, Any], part: str) -> str:
    return part or str(len(node))


def _lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inner = {key: _lists(each) for key, each in value.items()}
    if inner and all(key.isdigit() for key in inner):
        return [inner[key] for key in sorted(inner, key=int)]
    return inner


def _refusal(message: str) -> StripeError:
    place = _PLACE.search(message)
    inside = place[1] if place else ""
    if unknown := _UNKNOWN.search(message):
        param = _bracketed(inside, unknown[1])
        text = (
            f"Received unknown parameter: {param} (the sandbox knows the parameters that this project uses)"
        )
        return StripeError(text, code="parameter_unknown", param=param)
    if absent := _MISSING.search(message):
        param = _bracketed(inside, absent[1])
        return StripeError(f"Missing required param: {param}.", code="parameter_missing", param=param)
    param = _bracketed(inside)
    what = message.partition(" - at ")[0]
    return StripeError(f"Invalid {param}: {what}", code="parameter_invalid", param=param)


def _bracketed(place: str, last: str = "") -> str:
    parts = [part for part in [*re.split(r"[.\[\]]+", place), last] if part and part != "..."]
    return parts[0] + "".join(f"[{part}]" for part in parts[1:]) if parts else ""
