"""Where two property maps differ: path to add, delete or update."""

from __future__ import annotations

import re

from engine.values import Properties, Value

_PLAIN = re.compile(r"[A-Za-z_$][\w$-]*")


def diff_properties(olds: Properties, news: Properties) -> dict[str, str]:
    found: dict[str, str] = {}
    _diff_maps("", olds, news, found)
    return found


def _diff_maps(prefix: str, olds: Properties, news: Properties, found: dict[str, str]) -> None:
    for key in sorted({*olds, *news}):
        path = join(prefix, key)
        if key not in olds:
            found[path] = "add"
        elif key not in news:
            found[path] = "delete"
        else:
            _diff_values(path, olds[key], news[key], found)


def _diff_values(path: str, old: Value, new: Value, found: dict[str, str]) -> None:
    match old, new:
        case dict(), dict():
            _diff_maps(path, old, new, found)
        case list(), list():
            for index in range(max(len(old), len(new))):
                inner = f"{path}[{index}]"
                if index >= len(old):
                    found[inner] = "add"
                elif index >= len(new):
                    found[inner] = "delete"
                else:
                    _diff_values(inner, old[index], new[index], found)
        case _ if type(old) is not type(new) or old != new:
            found[path] = "update"


def join(prefix: str, key: str) -> str:
    if _PLAIN.fullmatch(key):
        return f"{prefix}.{key}" if prefix else key
    escaped = key.replace("\\", "\\\\").replace('"', '\\"')
    return f'{prefix}["{escaped}"]'
