"""JSON text as Go's encoder writes it, so that a file both engines write in turn doesn't flicker."""

from __future__ import annotations

import json
import re
from decimal import Decimal

from engine.values import Value

# Outside strings JSON has none of these characters, so they can be replaced in the finished text.
_LINE_SEPARATORS = {"\u2028": "\\u2028", "\u2029": "\\u2029"}
_HTML = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"}
_ALWAYS = str.maketrans(_LINE_SEPARATORS)
_HTML_SAFE = str.maketrans(_LINE_SEPARATORS | _HTML)


def dumps(value: Value, *, indent: int | None = None, html_safe: bool = False) -> str:
    """Encode in the order of the dictionaries given; `html_safe` is the default of Go's json.Marshal."""
    separators = (",", ":") if indent is None else (",", ": ")
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=separators, indent=indent)
    return text.translate(_HTML_SAFE if html_safe else _ALWAYS)


def loads(text: str) -> Value:
    """Decode; `1.0` and `1e3` become integers, as they are one value with `1` and `1000` to Go."""
    return json.loads(text, parse_float=_number)


def _number(text: str) -> int | float:
    number = float(text)
    return int(number) if number.is_integer() else number


def number_text(number: float) -> str:
    """One number in Go's form: no `.0`, exponents only outside 1e-6 to 1e21, and these without a zero."""
    magnitude = abs(number)
    if magnitude != 0 and not 1e-6 <= magnitude < 1e21:
        return re.sub(r"(e[+-])0(\d)$", r"\1\2", repr(float(number)))
    return format(Decimal(repr(number)), "f").removesuffix(".0")
