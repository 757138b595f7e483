"""What a `command:local:Command` takes, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine.command.shell import Command
from engine.values import UNKNOWN, Properties, Secret, Value, strip_secrets

COMMANDS = ("create", "update", "delete")
_KINDS: dict[str, Any] = {
    **dict.fromkeys(COMMANDS, str),
    "triggers": list,
    "stdin": str,
    "logging": str,
    "interpreter": list[str],
    "dir": str,
    "environment": dict[str, str],
    "addPreviousOutputInEnv": bool,
}
INPUTS = frozenset(_KINDS)
LOGGINGS = {"stdout": (True, False), "stderr": (False, True), "stdoutAndStderr": (True, True)}
"""Which output each `logging` shows; with any other, `none` for one, neither does."""

_ASSETS = ("assetPaths", "archivePaths")
_NAMES = {str: "a string", bool: "a boolean", list: "a list", dict: "an object"}
_NO_ASSETS = "makes assets, which the embedded engine does not support; use the Pulumi CLI for it"


def faults(inputs: Properties) -> Iterator[tuple[str, str]]:
    """Each property that a command can't have, with the reason."""
    for key, value in sorted(inputs.items()):
        if key in _ASSETS:
            yield key, _NO_ASSETS
        elif key not in _KINDS:
            yield key, f"is no property of a command; it has {', '.join(sorted(INPUTS))}"
        else:
            yield from _misfits(key, value, _KINDS[key])


def _misfits(path: str, value: Value, kind: Any) -> Iterator[tuple[str, str]]:
    value = value.value if isinstance(value, Secret) else value
    origin: Any = getattr(kind, "__origin__", kind)
    parts: tuple[Any, ...] = getattr(kind, "__args__", ())
    if value is UNKNOWN:
        return
    if not isinstance(value, origin):
        yield path, f"must be {_NAMES[origin]}"
    elif origin is list and parts:
        for index, item in enumerate(value):
            yield from _misfits(f"{path}[{index}]", item, parts[0])
    elif origin is dict:
        for key, item in value.items():
            yield from _misfits(f"{path}.{key}", item, parts[1])


def command(text: str, properties: Properties, former: Properties, timeout: float) -> Command:
    """A command with its surroundings; `former` has the outputs of the one before."""
    plain = strip_secrets(properties)
    environment = dict(plain.get("environment", {}))
    if plain.get("addPreviousOutputInEnv", True):
        for key in ("stdout", "stderr"):
            if output := strip_secrets(former.get(key, "")):
                environment[f"PULUMI_COMMAND_{key.upper()}"] = output
    return Command(
        text,
        plain.get("interpreter", ()),
        plain.get("dir", ""),
        environment,
        plain.get("stdin", ""),
        timeout,
    )
