"""`--diff`: every step with the properties that it sets or changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from engine.deployment.steps import Diagnostic, Event, Op, OutputsRegistered, Step, StepDone, StepFailed
from engine.display.body import Body
from engine.display.details import STEP, Details
from engine.display.hidden import without_hidden
from engine.display.lines import changes_protection, retention
from engine.display.messages import Messages
from engine.display.paint import Painter
from engine.display.summary import is_hidden
from engine.display.words import WORDS, display_type
from engine.rows import STACK_TYPE, Row
from engine.values import Properties

_PARTS = {Op.CREATE_REPLACEMENT, Op.DELETE_REPLACED, Op.REMOVE_PENDING_REPLACE, Op.IMPORT_REPLACEMENT}
_DELETES = {Op.DELETE, Op.READ_DISCARD}


@dataclass
class StepsInFull(Body):
    """Writes each step when it is done, below its parent's indentation."""

    write: Callable[[str], None]
    paint: Painter
    preview: bool
    refreshing: bool
    show_sames: bool = False
    _depths: dict[str, int] = field(default_factory=dict)
    _shown: set[str] = field(default_factory=set)
    _messages: Messages = field(default_factory=Messages)

    def show(self, event: Event) -> None:
        match event:
            case StepDone(step) | StepFailed(step):
                self._depths[step.urn] = self._depth_below(step.row.parent)
                if self._shows(step):
                    self._shown.add(step.urn)
                    for line in self._block(step, failed=isinstance(event, StepFailed)):
                        self.write(line)
            case OutputsRegistered(row, old) if row.urn in self._shown:
                self._component_outputs(row, old)
            case Diagnostic():
                self._messages.add(event)

    def finish(self, *, failed: bool) -> None:
        self._messages.write(self.write, self.paint)

    def _depth_below(self, parent: str) -> int:
        """What is not shown takes no depth of its own."""
        return self._depths.get(parent, 0) + (parent in self._shown)

    def _shows(self, step: Step) -> bool:
        if is_hidden(step.row) or step.op in _PARTS:
            return False
        if step.op is Op.REFRESH:
            return self.refreshing and step.result_op is not Op.SAME
        always = self.show_sames or step.row.type == STACK_TYPE or changes_protection(step)
        return always or step.op is not Op.SAME

    def _block(self, step: Step, *, failed: bool) -> Iterator[str]:
        row, op = step.row, step.shown_op
        words = WORDS[op]
        indent = self._indent(row)
        did = f"{op.value}{' failed' if failed else ''}{retention(step)}"
        label = f"{words.symbol}{display_type(row.type)}: ({did})"
        yield " " * indent + self.paint(label, words.colour) + _lock(step)
        whole = op in _DELETES or step.old is None
        known_id = (step.old or row).id if row.custom else ""
        for key, value in (("id", known_id), ("urn", row.urn)):
            if value:
                yield " " * (indent + STEP) + self.paint(f"[{key}={value}]", words.colour if whole else "")
        if row.type != STACK_TYPE and op is not Op.SAME:
            yield from self._properties(step, indent + STEP)

    def _properties(self, step: Step, indent: int) -> Iterator[str]:
        if step.shown_op in _DELETES or step.old is None or step.op is Op.IMPORT:
            yield from self._all_properties(step, indent)
        elif step.new is not None:
            yield from self._changed_properties(step, step.old, step.new, indent)

    def _all_properties(self, step: Step, indent: int) -> Iterator[str]:
        details, row, colour = Details(self.paint), step.row, WORDS[step.shown_op].colour
        yield from (self.paint(line, colour) for line in details.plain(row.inputs, indent))
        if row.custom and not (self.preview or step.shown_op in _DELETES):
            extra = {key: value for key, value in row.outputs.items() if row.inputs.get(key) != value}
            yield from _below_outputs(list(details.plain(extra, indent)), indent)

    def _changed_properties(self, step: Step, old: Row, new: Row, indent: int) -> Iterator[str]:
        yield from self._changes(step, *changed_inputs(step), indent)
        if not self.preview:
            keys = {key for key in new.outputs if key not in new.inputs and key in old.outputs}
            outputs = _only(old.outputs, keys), _only(new.outputs, keys)
            yield from _below_outputs(list(self._changes(step, *outputs, indent)), indent)

    def _changes(self, step: Step, olds: Properties, news: Properties, indent: int) -> Iterator[str]:
        shown, hidden = without_hidden(step, olds, news)
        for path in hidden:
            yield " " * (indent - 2) + self.paint(f"~ {path} (hidden)", "yellow")
        yield from Details(self.paint).changes(olds, shown, indent)

    def _component_outputs(self, row: Row, old: Row | None) -> None:
        details, indent = Details(self.paint), self._indent(row) + STEP
        if old is None:
            lines = list(details.plain(row.outputs, indent))
        else:
            lines = list(details.changes(old.outputs, row.outputs, indent))
        for line in _below_outputs(lines, indent):
            self.write(line)

    def _indent(self, row: Row) -> int:
        return STEP * self._depths.get(row.urn, 0)


def changed_inputs(step: Step) -> tuple[Properties, Properties]:
    """Old and new values of what a step changes, limited to what the provider named where it named paths."""
    assert step.old is not None
    assert step.new is not None
    olds, news = step.old.inputs, step.new.inputs
    if step.detailed is None:
        return olds, news
    keys = {path.split(".")[0].split("[")[0] for path in step.detailed}
    # A change that the inputs do not tell of was found in what is live.
    live = {
        key: step.old.outputs[key]
        for key in keys
        if key in step.old.outputs and olds.get(key) == news.get(key)
    }
    return {**_only(olds, keys), **live}, _only(news, keys)


def _lock(step: Step) -> str:
    if step.row.protect:
        return " 🔒"
    return " 🔓" if changes_protection(step) else ""


def _only(properties: Properties, keys: set[str]) -> Properties:
    return {key: value for key, value in properties.items() if key in keys}


def _below_outputs(lines: list[str], indent: int) -> list[str]:
    return [" " * indent + "--outputs:--", *lines] if lines else []
