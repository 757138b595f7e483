"""Property paths: `a.b[0]["c d"].*`, as `ignoreChanges`, `replaceOnChanges` and detailed diffs write them."""

from __future__ import annotations

import copy
import re
from typing import Any, TypeAlias

from engine.errors import EngineError
from engine.values import Properties, Secret, Value

Path: TypeAlias = tuple[str | int, ...]

WILDCARD = "*"
MISSING: Any = object()
"""Stands for a value that is not there."""
_PART = re.compile(
    r"""
    \.?(?P<name>[^.\[\]"]+) | \[(?P<index>\d+)\] | \[(?P<star>\*)\] | \["(?P<quoted>(?:[^"\\]|\\.)*)"\]
    """,
    re.VERBOSE,
)


def parse(text: str) -> Path:
    """Raise EngineError for a text that is no path."""
    parts: list[str | int] = []
    position = 0
    while position < len(text):
        match = _PART.match(text, position)
        if match is None:
            raise EngineError(
                f"{text!r} is not a property path: unexpected {text[position]!r} at {position + 1}; "
                f"write it like name.inner[0]"
            )
        parts.append(_part(match))
        position = match.end()
    return tuple(parts)


def _part(match: re.Match[str]) -> str | int:
    if (index := match["index"]) is not None:
        return int(index)
    if (quoted := match["quoted"]) is not None:
        return re.sub(r"\\(.)", r"\1", quoted)
    return match["name"] or WILDCARD


def covers(pattern: Path, path: Path) -> bool:
    """Whether `path` is `pattern` or lies below it; `*` stands for any one part."""
    return len(pattern) <= len(path) and all(
        wanted in (WILDCARD, actual) for wanted, actual in zip(pattern, path, strict=False)
    )


def lookup(value: Value, path: Path) -> Value:
    """The value below a path, or MISSING."""
    for part in path:
        value = _get(value, part)
    return value


def put(value: Value, path: Path, new: Value) -> Value:
    """The value with another one below a path, of which the last part alone may be new; lists grow by one.

    Raises EngineError where the path does not fit; the message names the part.
    """
    if not path:
        return new
    head, *rest = path
    if value is MISSING or value is None:
        value = [] if isinstance(head, int) else {}
    match value, head:
        case dict(), str():
            return {**value, head: put(value.get(head, MISSING), tuple(rest), new)}
        case list(), int() if head <= len(value):
            inner = value[head] if head < len(value) else MISSING
            return [*value[:head], put(inner, tuple(rest), new), *value[head + 1 :]]
        case list(), int():
            raise EngineError(f"[{head}] is beyond the list's end; it has {len(value)} items")
    wanted = "a list" if isinstance(head, int) else "an object"
    raise EngineError(f"{head!r} does not fit, since what it is to go into is not {wanted}")


def without(value: Value, path: Path) -> Value:
    """The value without what is below a path, where there is something."""
    head, *rest = path
    inner = _get(value, head)
    if inner is MISSING:
        return value
    if rest:
        return put(value, (head,), without(inner, tuple(rest)))
    if isinstance(value, dict):
        return {key: item for key, item in value.items() if key != head}
    return [item for index, item in enumerate(value) if index != head]


def reset(inputs: Properties, olds: Properties, path: Path) -> bool:
    """Set the value of `path` in `inputs` back to the one in `olds`; False when the path fits neither."""
    return _reset(inputs, olds, path)


def _reset(new: Value, old: Value, path: Path) -> bool:
    head, *rest = path
    if isinstance(new, Secret) or isinstance(old, Secret):
        return _reset(_bare(new), _bare(old), path)
    if head == WILDCARD:
        # Every one is reset, even when an earlier one does not fit.
        fits = [_reset(new, old, (key, *rest)) for key in _keys(new) | _keys(old)]
        return all(fits)
    if rest:
        return _reset_below(_get(new, head), _get(old, head), tuple(rest))
    return _assign(new, head, _get(old, head))


def _reset_below(new: Value, old: Value, rest: Path) -> bool:
    if new is MISSING and old is MISSING:
        return True
    return new is not MISSING and old is not MISSING and _reset(new, old, rest)


def _assign(container: Value, key: str | int, old: Value) -> bool:
    match container:
        case dict():
            if old is MISSING:
                container.pop(key, None)
            else:
                container[key] = copy.deepcopy(old)
            return True
        case list() if isinstance(key, int) and key < len(container) and old is not MISSING:
            container[key] = copy.deepcopy(old)
            return True
    return False


def _bare(value: Value) -> Value:
    return value.value if isinstance(value, Secret) else value


def _keys(value: Value) -> set[str | int]:
    match value:
        case dict():
            return set(value)
        case list():
            return set(range(len(value)))
    return set()


def _get(value: Value, key: str | int) -> Value:
    value = _bare(value)
    match value:
        case dict():
            return value.get(key, MISSING)
        case list() if isinstance(key, int) and key < len(value):
            return value[key]
    return MISSING
