"""Who may do what in a phase, as `sql/checks/access.yaml` declares it."""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec
import pulumi

from components.templates import FOLDER
from provider.schema.access import Rule
from settings import LAST_PHASE, Settings

FILE = FOLDER / "checks" / "access.yaml"

Patterns = str | list[str]


class PermissionsError(pulumi.RunError):
    """Rules that can't be used; the message names their file."""


class Permission(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rule with the phases in which it holds, and whether it does so with hardening alone."""

    since: int = 0
    until: int = LAST_PHASE + 1
    hardening: bool = False
    caller: Patterns = "*"
    object: Patterns = "*"
    command: Patterns = "*"
    row: Patterns = "*"
    column: Patterns = "*"
    outcome: str

    @property
    def rule(self) -> Rule:
        parts = {name: getattr(self, name) for name in ("caller", "object", "command", "row", "column")}
        lists: dict[str, Any] = {
            name: [part] if isinstance(part, str) else part for name, part in parts.items()
        }
        return Rule(**lists, outcome=self.outcome)


def rules(settings: Settings) -> list[Rule]:
    """The rules that hold in the settings' phase; of those that meet a cell, the last one counts."""
    return [
        permission.rule
        for permission in permissions()
        if permission.since <= settings.phase < permission.until
        and (settings.hardening or not permission.hardening)
    ]


@cache
def permissions() -> tuple[Permission, ...]:
    """All rules, in the order in which they overrule each other."""
    try:
        return tuple(msgspec.yaml.decode(FILE.read_bytes(), type=list[Permission]))
    except (OSError, msgspec.DecodeError) as error:
        raise PermissionsError(f"sql/checks/{FILE.name}: {error}; correct it") from None
