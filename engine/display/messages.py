"""A run's messages: kept while it goes on, counted on their resource's line, and told together at the end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from engine import urns
from engine.deployment.steps import Diagnostic, Severity
from engine.display.paint import Painter
from engine.display.words import display_type

_COUNTED = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "message"}
_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.INFO: "magenta"}


@dataclass
class Messages:
    """All that are more than a passing word of progress."""

    entries: list[Diagnostic] = field(default_factory=list)

    def add(self, entry: Diagnostic) -> None:
        if not entry.ephemeral:
            self.entries.append(entry)

    def count(self, urn: str, paint: Painter) -> str:
        """`1 error; 2 warnings`, of those about one resource."""
        counts = {
            severity: sum(entry.urn == urn and entry.severity is severity for entry in self.entries)
            for severity in _COUNTED
        }
        return "; ".join(
            f"{count} {paint(_COUNTED[severity] + ('s' if count > 1 else ''), _COLOURS[severity])}"
            for severity, count in counts.items()
            if count
        )

    def write(self, write: Callable[[str], None], paint: Painter) -> None:
        """The `Diagnostics:` block, each message under the resource that it is about."""
        if not self.entries:
            return
        write(paint("Diagnostics:", "headline"))
        for heading, entries in self._by_resource().items():
            write(f"  {paint(heading + ':', 'blue')}")
            for entry in entries:
                for line in text_of(entry, paint).splitlines():
                    write(f"    {line}".rstrip())
            write("")

    def _by_resource(self) -> dict[str, list[Diagnostic]]:
        grouped: dict[str, list[Diagnostic]] = {}
        for entry in self.entries:
            grouped.setdefault(_heading(entry), []).append(entry)
        return grouped


def _heading(entry: Diagnostic) -> str:
    if entry.urn:
        return f"{display_type(urns.type_of(entry.urn))} ({urns.name_of(entry.urn)})"
    return entry.prefix or "engine"


def text_of(entry: Diagnostic, paint: Painter) -> str:
    """The message, behind its severity when it is more than information."""
    message = entry.message.rstrip("\n")
    if entry.severity is Severity.INFO:
        return message
    return f"{paint(entry.severity.value + ':', _COLOURS[entry.severity])} {message}"
