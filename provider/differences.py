"""Differences between two pieces of plain data, as property paths."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

Sign = Literal["add", "update", "delete"]

_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


class Difference(NamedTuple):
    """One property that is not as wanted."""

    path: str
    sign: Sign


def differences(live: Any, wanted: Any, path: str = "") -> Iterator[Difference]:
    """Compare plain data; dicts go deeper, everything else is compared whole."""
    if isinstance(live, dict) and isinstance(wanted, dict):
        for key in sorted(live.keys() | wanted.keys()):
            yield from _of_key(live, wanted, key, join(path, key))
    elif live != wanted:
        yield Difference(path, "update")


def _of_key(live: dict[str, Any], wanted: dict[str, Any], key: str, path: str) -> Iterator[Difference]:
    if key not in wanted:
        yield Difference(path, "delete")
    elif key not in live:
        yield Difference(path, "add")
    else:
        yield from differences(live[key], wanted[key], path)


def join(path: str, key: str) -> str:
    """Extend a property path, quoting keys that are no plain words."""
    if _PLAIN_KEY.match(key):
        return f"{path}.{key}" if path else key
    quoted = key.replace("\\", "\\\\").replace('"', '\\"')
    return f'{path}["{quoted}"]'
