"""JSON text as Go's encoder writes it, so that a file both engines write in turn doesn't flicker."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from engine.values import Value

# Outside strings JSON has none of these characters, so they can be replaced in the finished text.
_SEPARATORS = ("\u2028", "\u2029")
_HTML = ("<", ">", "&")
_EXACT = 2**53
"""Below it a float and its integer have the same digits; above, Go prints as few as identify the float."""


def encoder(default: Callable[[Value], Value] | None = None) -> Callable[[Value], str]:
    """A compact encoder that sorts keys, as Go does with maps; `default` turns what isn't JSON into it."""
    return json.JSONEncoder(
        ensure_ascii=False, allow_nan=False, separators=(",", ":"), sort_keys=True, default=default
    ).encode


def dumps(value: Value, *, indent: int | None = None) -> str:
    """Encode in the order of the dictionaries given, as Go does with structures."""
    separators = (",", ":") if indent is None else (",", ": ")
    return escaped(
        json.dumps(value, ensure_ascii=False, allow_nan=False, separators=separators, indent=indent)
    )


def escaped(text: str, *, html_safe: bool = False) -> str:
    """Finished JSON with the escapes of Go's encoder; `html_safe` is the default of its Marshal function."""
    for character in _SEPARATORS + (_HTML if html_safe else ()):
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def loads(text: str) -> Value:
    """Decode; `1.0` and `1e3` become integers, as they are one value with `1` and `1000` to Go."""
    return json.loads(text, parse_float=_number)


def _number(text: str) -> int | float:
    number = float(text)
    return int(number) if number.is_integer() else number


def number_text(number: float) -> str:
    """One number in Go's form: no `.0`, exponents only outside 1e-6 to 1e21, and these without a zero."""
    magnitude = abs(number)
    if magnitude < _EXACT and number == int(number):
        return str(int(number))
    if magnitude != 0 and not 1e-6 <= magnitude < 1e21:
        return re.sub(r"(e[+-])0(\d)$", r"\1\2", repr(float(number)))
    from decimal import Decimal  # a library of its own for what a state hardly ever holds

    return format(Decimal(repr(float(number))), "f").removesuffix(".0")
