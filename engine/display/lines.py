"""A run as lines, one for each thing that happens: what a log wants."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from engine import urns
from engine.deployment.steps import Diagnostic, Event, Op, Severity, Step, StepDone, StepFailed, StepStarted
from engine.detail import diff_properties
from engine.display.body import Body
from engine.display.details import SIGN_COLOURS
from engine.display.paint import Painter
from engine.display.summary import is_hidden
from engine.display.words import WORDS, display_type
from engine.rows import STACK_TYPE

_SILENT = {Op.SAME, Op.REMOVE_PENDING_REPLACE, Op.REFRESH, Op.READ_DISCARD, Op.DISCARD_REPLACED}


@dataclass
class Lines(Body):
    """Writes as it goes; diagnostics are kept and written together at the end."""

    write: Callable[[str], None]
    paint: Painter
    preview: bool
    refreshing: bool
    show_sames: bool = False
    diagnostics: list[Diagnostic] = field(default_factory=list)
    stack_step: Step | None = None

    def show(self, event: Event) -> None:
        match event:
            case StepStarted(step):
                self._started(step)
            case StepDone(step, seconds):
                self._done(step, seconds)
            case StepFailed(step, seconds):
                self.write(self._line(step, f"**{WORDS[step.op].failed}**{_time(seconds)}"))
            case Diagnostic() if not event.ephemeral:
                self.diagnostics.append(event)

    def _started(self, step: Step) -> None:
        if step.row.type == STACK_TYPE:
            self.stack_step = step
        if self._silent(step):
            return
        words = WORDS[step.op]
        self.write(self._line(step, words.plan if self.preview else f"{words.doing} (0s)"))

    def _done(self, step: Step, seconds: float) -> None:
        if step.op is Op.REFRESH:
            self._refreshed(step)
            return
        if self.preview or self._silent(step) or not step.row.custom or step.op is Op.SAME:
            return
        self.write(self._line(step, WORDS[step.op].done + _time(seconds)))

    def _refreshed(self, step: Step) -> None:
        if step.result_op is Op.SAME:
            return
        if self.refreshing:
            words = WORDS[step.shown_op]
            self.write(self._line(step, words.plan if self.preview else words.done, step.shown_op))
        else:
            # What was found differs from the state; what the run does about it comes as steps of its own.
            self.write(self._line(step, WORDS[Op.REFRESH].done))

    def _line(self, step: Step, status: str, op: Op | None = None) -> str:
        row, words = step.row, WORDS[op or step.op]
        parts = [
            self.paint(f" {words.symbol}", words.colour),
            display_type(row.type),
            urns.name_of(row.urn),
            self.paint(status, words.colour),
            info(step, self.paint),
        ]
        return " ".join(part for part in parts if part).rstrip()

    def _silent(self, step: Step) -> bool:
        return is_hidden(step.row) or (step.op in _SILENT and not (step.op is Op.SAME and self.show_sames))

    def finish(self) -> None:
        """The stack's own line, and the diagnostics."""
        if (step := self.stack_step) is not None:
            words = WORDS[step.shown_op]
            self.write(self._line(step, words.plan if self.preview else words.done, step.shown_op))
        write_diagnostics(self.diagnostics, self.write, self.paint)


def write_diagnostics(diagnostics: list[Diagnostic], write: Callable[[str], None], paint: Painter) -> None:
    """The `Diagnostics:` block, each message under the resource it is about."""
    if not diagnostics:
        return
    write(paint("Diagnostics:", "headline"))
    for heading, entries in by_resource(diagnostics):
        write(f"  {paint(heading, 'bold')}:")
        for entry in entries:
            for line in diagnostic_text(entry, paint).splitlines():
                write(f"    {line}")
        write("")


def _time(seconds: float) -> str:
    return f" ({seconds:.2f}s)" if seconds < 1 else f" ({int(seconds)}s)"


def info(step: Step, paint: Painter) -> str:
    """`[diff: ~value]`, and `[retain]`, and what else a step's line should tell."""
    pieces = []
    if changes := changed_keys(step):
        painted = [paint(sign + ",".join(keys), SIGN_COLOURS[sign]) for sign, keys in changes.items()]
        pieces.append("[diff: " + "".join(painted) + "]")
    if step.op is Op.REFRESH and step.new is None:
        pieces.append("[gone]")
    if step.retained:
        pieces.append("[retain]")
    if step.old and step.new and step.old.protect != step.new.protect and step.op is not Op.IMPORT:
        pieces.append("[protect]" if step.new.protect else "[unprotect]")
    return " ".join(pieces)


def changed_keys(step: Step) -> dict[str, list[str]]:
    """The top-level keys that a step changes, by sign."""
    if step.old is None or step.new is None or step.op in (Op.SAME, Op.READ):
        return {}
    signs: dict[str, str] = {}
    if step.detailed is not None:
        for path, change in step.detailed.items():
            key = path.split(".")[0].split("[")[0]
            kind = change.kind.removesuffix("-replace")
            sign = {"add": "+", "delete": "-", "update": "~"}[kind] if key == path else "~"
            signs[key] = sign if signs.get(key, sign) == sign else "~"
    else:
        for path, kind in diff_properties(step.old.inputs, step.new.inputs).items():
            key = path.split(".")[0].split("[")[0]
            signs[key] = {"add": "+", "delete": "-", "update": "~"}[kind] if key == path else "~"
    return {
        sign: keys
        for sign in "+-~"
        if (keys := [key for key in sorted(signs) if signs[key] == sign and not key.startswith("__")])
    }


def by_resource(diagnostics: list[Diagnostic]) -> list[tuple[str, list[Diagnostic]]]:
    """Diagnostics under the resource they are about, in the order of their first appearance."""
    grouped: dict[str, list[Diagnostic]] = {}
    for entry in diagnostics:
        grouped.setdefault(_heading(entry), []).append(entry)
    return list(grouped.items())


def _heading(entry: Diagnostic) -> str:
    if entry.urn:
        return f"{display_type(urns.type_of(entry.urn))} ({urns.name_of(entry.urn)})"
    return entry.prefix or "engine"


def diagnostic_text(entry: Diagnostic, paint: Painter) -> str:
    if entry.severity is Severity.INFO:
        return entry.message.rstrip("\n")
    colour = "red" if entry.severity is Severity.ERROR else "yellow"
    return f"{paint(entry.severity.value + ':', colour)} {entry.message}".rstrip("\n")
