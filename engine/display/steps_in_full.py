"""`--diff`: every step with the properties that it sets or changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from engine.deployment.steps import Diagnostic, Event, Op, OutputsRegistered, Step, StepDone, StepFailed
from engine.display.body import Body
from engine.display.details import STEP, Details
from engine.display.lines import write_diagnostics
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
    _diagnostics: list[Diagnostic] = field(default_factory=list)

    def show(self, event: Event) -> None:
        match event:
            case StepDone(step) | StepFailed(step):
                self._depths[step.urn] = self._depths.get(step.row.parent, -1) + 1
                if self._shows(step):
                    self._shown.add(step.urn)
                    for line in self._block(step, failed=isinstance(event, StepFailed)):
                        self.write(line)
            case OutputsRegistered(row, old) if row.urn in self._shown:
                self._component_outputs(row, old)
            case Diagnostic() if not event.ephemeral:
                self._diagnostics.append(event)

    def finish(self) -> None:
        write_diagnostics(self._diagnostics, self.write, self.paint)

    def _shows(self, step: Step) -> bool:
        if is_hidden(step.row) or step.op in _PARTS:
            return False
        if step.op is Op.REFRESH:
            return self.refreshing and step.result_op is not Op.SAME
        return step.op is not Op.SAME or self.show_sames or step.row.type == STACK_TYPE

    def _block(self, step: Step, *, failed: bool) -> Iterator[str]:
        row, op = step.row, step.shown_op
        words = WORDS[op]
        indent = self._indent(row)
        label = f"{words.symbol}{display_type(row.type)}: ({op.value}{' failed' if failed else ''})"
        marks = " [protected]" if row.protect else ""
        marks += " [retain]" if step.retained else ""
        yield " " * indent + self.paint(label, words.colour) + marks
        known_id = (step.old or row).id if row.custom else ""
        for key, value in (("id", known_id), ("urn", row.urn)):
            if value:
                yield " " * (indent + STEP) + f"[{key}={value}]"
        if row.type != STACK_TYPE and op is not Op.SAME:
            yield from self._properties(step, indent + STEP)

    def _properties(self, step: Step, indent: int) -> Iterator[str]:
        details, old, new = Details(self.paint), step.old, step.new
        if step.shown_op in _DELETES:
            yield from details.plain(step.row.inputs, indent)
        elif old is None or step.op is Op.IMPORT:
            yield from details.plain(step.row.inputs, indent)
            if not self.preview and step.row.custom:
                extra = {k: v for k, v in step.row.outputs.items() if step.row.inputs.get(k) != v}
                yield from _below_outputs(list(details.plain(extra, indent)), indent)
        elif new is not None:
            olds, news = changed_inputs(step)
            yield from details.changes(olds, news, indent)
            if not self.preview:
                keys = {k for k in new.outputs if k not in new.inputs and k in old.outputs}
                changes = details.changes(_only(old.outputs, keys), _only(new.outputs, keys), indent)
                yield from _below_outputs(list(changes), indent)

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


def _only(properties: Properties, keys: set[str]) -> Properties:
    return {key: value for key, value in properties.items() if key in keys}


def _below_outputs(lines: list[str], indent: int) -> list[str]:
    return [" " * indent + "--outputs:--", *lines] if lines else []
