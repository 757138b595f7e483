"""A run as lines, one for each thing that happens: what a log wants."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from engine import urns
from engine.deployment.steps import (
    Diagnostic,
    Event,
    Op,
    OutputsRegistered,
    Step,
    StepDone,
    StepFailed,
    StepStarted,
)
from engine.detail import diff_properties
from engine.display.body import Body
from engine.display.details import SIGN_COLOURS
from engine.display.hidden import is_hidden_path, without_hidden
from engine.display.messages import Messages
from engine.display.paint import Painter
from engine.display.summary import is_hidden
from engine.display.words import WORDS, display_type
from engine.rows import STACK_TYPE

_SILENT = {Op.REMOVE_PENDING_REPLACE, Op.REFRESH, Op.READ_DISCARD, Op.DISCARD_REPLACED}


@dataclass
class Lines(Body):
    """Writes as it goes; messages are kept and written together at the end."""

    write: Callable[[str], None]
    paint: Painter
    preview: bool
    refreshing: bool
    show_sames: bool = False
    _messages: Messages = field(default_factory=Messages)
    _running: dict[str, Step] = field(default_factory=dict)
    """By URN; a component runs until its outputs are registered."""
    _stack: Step | None = None
    _started_at: float = field(default_factory=time.monotonic)

    def show(self, event: Event) -> None:
        match event:
            case StepStarted(step):
                self._started(step)
            case StepDone(step, seconds):
                self._done(step, seconds)
            case StepFailed(step):
                self.write(self._line(step, failure(step.op)))
            case OutputsRegistered(row, _) if row.urn in self._running:
                self._finish_component(self._running.pop(row.urn))
            case Diagnostic():
                self._messages.add(event)
                if event.ephemeral and (running := self._running.get(event.urn)):
                    self.write(self._line(running, f"{WORDS[running.op].doing} (0s)", event.message))

    def _started(self, step: Step) -> None:
        self._running[step.urn] = step
        if step.row.type == STACK_TYPE:
            self._stack = step
        if self._silent(step):
            return
        words = WORDS[step.op]
        self.write(self._line(step, words.plan if self.preview or not words.doing else f"{words.doing} (0s)"))

    def _done(self, step: Step, seconds: float) -> None:
        if step.row.custom:
            self._running.pop(step.urn, None)
        if step.op is Op.REFRESH:
            self._refreshed(step)
        elif not (self.preview or self._silent(step) or step.op is Op.SAME):
            if step.row.custom:
                self.write(self._line(step, WORDS[step.op].done + _time(seconds)))
            elif step.new is None:
                self._finish_component(step)

    def _finish_component(self, step: Step) -> None:
        if not (self.preview or self._silent(step) or step.row.type == STACK_TYPE or step.op is Op.SAME):
            self.write(self._line(step, WORDS[step.op].done))

    def _refreshed(self, step: Step) -> None:
        if step.result_op is Op.SAME:
            return
        if self.refreshing:
            words = WORDS[step.shown_op]
            self.write(self._line(step, words.plan if self.preview else words.done, op=step.shown_op))
        else:
            # What was found differs from the state; what the run does about it comes as steps of its own.
            self.write(self._line(step, WORDS[Op.REFRESH].done))

    def _line(self, step: Step, status: str, message: str = "", op: Op | None = None) -> str:
        row, words = step.row, WORDS[op or step.op]
        parts = [
            self.paint(f" {words.symbol}", words.colour),
            display_type(row.type),
            urns.name_of(row.urn),
            self.paint(status, words.colour) + retention(step),
            "; ".join(text for text in (info(step, self.paint), message) if text),
        ]
        return " ".join(part for part in parts if part).rstrip()

    def _silent(self, step: Step) -> bool:
        if step.op is Op.SAME:
            return is_hidden(step.row) or not (self.show_sames or changes_protection(step))
        return is_hidden(step.row) or step.op in _SILENT

    def finish(self, *, failed: bool) -> None:
        """What is left open, the stack's own line, and the messages."""
        for step in self._running.values():
            if not (failed or step.row.custom):
                self._finish_component(step)
        if self._stack is not None:
            self._finish_stack(self._stack, failed=failed)
        self._messages.write(self.write, self.paint)

    def _finish_stack(self, step: Step, *, failed: bool) -> None:
        words, seconds = WORDS[step.shown_op], time.monotonic() - self._started_at
        status = words.plan
        if not self.preview:
            status = words.done + (_time(seconds) if words.done else "")
            if failed:
                status = failure(step.shown_op)
        self.write(self._line(step, status, self._messages.count(step.urn, self.paint), step.shown_op))


def failure(op: Op) -> str:
    return f"**{WORDS[op].failed}**"


def retention(step: Step) -> str:
    """What an operation's word ends with where its object stays."""
    return "[retain]" if step.retained else ""


def _time(seconds: float) -> str:
    return f" ({seconds:.2f}s)" if seconds < 1 else f" ({int(seconds)}s)"


def info(step: Step, paint: Painter) -> str:
    """`[diff: ~value]`, and what else a step's line should tell."""
    pieces = []
    if changes := changed_keys(step):
        painted = [paint(sign + ",".join(keys), SIGN_COLOURS[sign]) for sign, keys in changes.items()]
        pieces.append("[diff: " + "".join(painted) + "]")
    if step.op is Op.REFRESH and step.new is None:
        pieces.append("[gone]")
    return " ".join(pieces)


def changed_keys(step: Step) -> dict[str, list[str]]:
    """The top-level keys that a step changes, by sign.

    The provider and the protection count as such, unless the step tells what it is about.
    """
    old, new = step.old, step.new
    if old is None or new is None or step.op is Op.IMPORT:
        return {}
    signs = {} if step.op in (Op.SAME, Op.READ) else _changed_properties(step)
    if old.provider != new.provider and step.op is not Op.SAME and not step.changed_keys:
        signs["provider"] = "~"
    if changes_protection(step) and not step.changed_keys:
        signs["protect"] = "~"
    return {
        sign: keys
        for sign in "+-~"
        if (keys := [key for key in sorted(signs) if signs[key] == sign and not key.startswith("__")])
    }


def changes_protection(step: Step) -> bool:
    return step.old is not None and step.new is not None and step.old.protect != step.new.protect


def _changed_properties(step: Step) -> dict[str, str]:
    assert step.old is not None
    assert step.new is not None
    if step.detailed is not None:
        kinds = {
            path: change.bare_kind for path, change in step.detailed.items() if not is_hidden_path(step, path)
        }
    else:
        shown, _ = without_hidden(step, step.old.inputs, step.new.inputs)
        kinds = diff_properties(step.old.inputs, shown)
    signs: dict[str, str] = {}
    for path, kind in kinds.items():
        key = path.split(".")[0].split("[")[0]
        sign = {"add": "+", "delete": "-", "update": "~"}[kind] if key == path else "~"
        signs[key] = sign if signs.get(key, sign) == sign else "~"
    return signs
