"""Property paths: `a.b[0]["c d"].*`, as `ignoreChanges`, `replaceOnChanges` and detailed diffs write them."""

from __future__ import annotations

import copy
import re
from typing import TypeAlias

from engine.errors import EngineError
from engine.values import Properties, Secret, Value

Path: TypeAlias = tuple[str | int, ...]

WILDCARD = "*"
_MISSING = object()
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
    if new is _MISSING and old is _MISSING:
        return True
    return new is not _MISSING and old is not _MISSING and _reset(new, old, rest)


def _assign(container: Value, key: str | int, old: Value) -> bool:
    match container:
        case dict():
            if old is _MISSING:
                container.pop(key, None)
            else:
                container[key] = copy.deepcopy(old)
            return True
        case list() if isinstance(key, int) and key < len(container) and old is not _MISSING:
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
            return value.get(key, _MISSING)
        case list() if isinstance(key, int) and key < len(value):
            return value[key]
    return _MISSING
