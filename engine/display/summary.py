"""What a run changed, in numbers."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field

from engine import urns
from engine.deployment.steps import Diagnostic, Event, Op, Severity, Step, StepDone
from engine.display.paint import Painter
from engine.display.words import SUMMARY_ORDER, WORDS
from engine.rows import Row

_STEPS_WITHIN_A_REPLACE = {
    Op.CREATE_REPLACEMENT,
    Op.DELETE_REPLACED,
    Op.READ_REPLACEMENT,
    Op.DISCARD_REPLACED,
    Op.REMOVE_PENDING_REPLACE,
    Op.IMPORT_REPLACEMENT,
}
_NO_CHANGES = {Op.SAME, Op.READ, Op.READ_DISCARD, Op.READ_REPLACEMENT}


def is_hidden(row: Row) -> bool:
    """Default providers are the engine's own affair."""
    return row.is_provider and urns.name_of(row.urn).startswith("default")


@dataclass
class Tally:
    """Counts operations as events come by; a replacement counts once."""

    refreshing: bool = False
    """Whether the run is a refresh; elsewhere what a refresh finds is no change of the run's."""
    counts: Counter[Op] = field(default_factory=Counter)
    errored: set[str] = field(default_factory=set)
    """URNs of what something went wrong with."""

    def add(self, event: Event) -> None:
        match event:
            case StepDone(step) if self._counts(step):
                self.counts[step.shown_op] += 1
            case Diagnostic(Severity.ERROR):
                self.errored.add(event.urn)

    def _counts(self, step: Step) -> bool:
        if step.op is Op.REFRESH and not self.refreshing:
            return False
        if step.op is Op.READ:
            return _found_otherwise(step)
        return not is_hidden(step.row) and step.op not in _STEPS_WITHIN_A_REPLACE

    @property
    def changes(self) -> int:
        return sum(count for op, count in self.counts.items() if op not in _NO_CHANGES)

    def lines(self, paint: Painter, *, preview: bool) -> list[str]:
        """The `Resources:` block."""
        kinds = [(op, self.counts[op]) for op in SUMMARY_ORDER if self.counts[op]]
        lines = [paint("Resources:", "headline")]
        for op, count in kinds:
            described = f"to {op.value}" if preview else WORDS[op].total
            lines.append("    " + paint(f"{WORDS[op].symbol}{count} {described}", WORDS[op].colour))
        pieces = [paint(f"{self.changes} changes", "bold")] if len(kinds) > 1 else []
        if same := self.counts[Op.SAME]:
            pieces.append(f"{same} unchanged")
        if pieces:
            lines.append("    " + ". ".join(pieces))
        if self.errored:
            lines.append("    " + paint(f"{len(self.errored)} errored", "red"))
        return lines


def _found_otherwise(step: Step) -> bool:
    """Whether a lookup found something else than the last time; one that didn't is not worth counting."""
    assert step.new is not None
    return step.old is not None and step.old.outputs != step.new.outputs


def duration_text(seconds: float) -> str:
    """Whole seconds, rounded up, as `2s`, `1m5s` or `1h0m5s`."""
    whole = math.ceil(seconds)
    hours, rest = divmod(whole, 3600)
    minutes, left = divmod(rest, 60)
    if hours:
        return f"{hours}h{minutes}m{left}s"
    return f"{minutes}m{left}s" if minutes else f"{left}s"
