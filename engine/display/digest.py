"""`preview --json`: the run as one document."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from typing import Any

from engine.deployment.steps import Diagnostic, Event, Op, Severity, Step, StepDone, StepStarted
from engine.display.body import Body
from engine.display.summary import Tally, is_hidden
from engine.display.values import jsonable
from engine.rows import STACK_TYPE, Row

_PARTS = {Op.CREATE_REPLACEMENT, Op.DELETE_REPLACED, Op.REMOVE_PENDING_REPLACE, Op.REFRESH}
_IMPORTS = {Op.IMPORT, Op.IMPORT_REPLACEMENT}


@dataclass
class Digest(Body):
    """Collects each step as it begins: IDs and outputs that a preview makes up do not belong in there."""

    config: dict[str, str]
    """By full key; secrets masked."""
    show_sames: bool = False
    steps: list[dict[str, Any]] = field(default_factory=list)
    diagnostics: list[dict[str, Any]] = field(default_factory=list)

    def show(self, event: Event) -> None:
        match event:
            case StepStarted(step) if step.op not in _IMPORTS and self._shows(step):
                self.steps.append(step_json(step))
            case StepDone(step) if step.op in _IMPORTS:
                # What an import brings in is known when it is done.
                self.steps.append(step_json(step))
            case Diagnostic() if event.severity is not Severity.DEBUG and not event.ephemeral:
                told = "" if event.severity is Severity.INFO else f"{event.severity.value}: "
                message = f"{told}{event.message}\n"
                entry = {"urn": event.urn, "message": message, "severity": event.severity.value}
                self.diagnostics.append({key: value for key, value in entry.items() if value})

    def _shows(self, step: Step) -> bool:
        if is_hidden(step.row) or step.op in _PARTS:
            return False
        return step.op is not Op.SAME or self.show_sames or step.row.type == STACK_TYPE

    def write(self, tally: Tally, seconds: float) -> None:
        document: dict[str, Any] = {"config": self.config} if self.config else {}
        document["steps"] = self.steps
        if self.diagnostics:
            document["diagnostics"] = self.diagnostics
        document["duration"] = int(seconds * 1e9)
        document["changeSummary"] = {op.value: count for op, count in sorted(tally.counts.items())}
        json.dump(document, sys.stdout, indent=4, ensure_ascii=False)
        sys.stdout.write("\n")


def step_json(step: Step) -> dict[str, Any]:
    entry: dict[str, Any] = {"op": step.op.value, "urn": step.urn}
    if step.row.provider:
        entry["provider"] = step.row.provider
    if step.old is not None:
        entry["oldState"] = row_json(step.old)
    if step.new is not None:
        entry["newState"] = row_json(step.new)
    if step.changed_keys:
        entry["diffReasons"] = step.changed_keys
    if step.replace_keys:
        entry["replaceReasons"] = step.replace_keys
    entry["detailedDiff"] = None
    if step.detailed is not None:
        entry["detailedDiff"] = {
            path: {"kind": change.kind, "inputDiff": change.input_diff}
            for path, change in sorted(step.detailed.items())
        }
    return entry


def row_json(row: Row) -> dict[str, Any]:
    fields = {
        "urn": row.urn,
        "custom": row.custom,
        "delete": row.delete,
        "id": row.id,
        "type": row.type,
        "inputs": jsonable(row.inputs),
        "outputs": jsonable(row.outputs),
        "parent": row.parent,
        "protect": row.protect,
        "external": row.external,
        "dependencies": row.dependencies,
        "initErrors": row.init_errors,
        "provider": row.provider,
        "propertyDependencies": row.property_dependencies,
        "additionalSecretOutputs": row.additional_secret_outputs,
        "importID": row.import_id,
        "retainOnDelete": row.retain_on_delete,
        "deletedWith": row.deleted_with,
        "created": row.created,
        "modified": row.modified,
        "sourcePosition": row.source_position,
        "ignoreChanges": row.ignore_changes,
    }
    return {key: value for key, value in fields.items() if value or key == "custom"}
