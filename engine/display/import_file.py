"""`preview --import-file`: everything that a preview would create, ready to be imported instead."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine import urns
from engine.deployment.registry import INTERNAL_KEY, URL_KEY, plugin_version
from engine.deployment.steps import Event, Op, StepStarted
from engine.display.summary import is_hidden
from engine.rows import STACK_TYPE, Row
from engine.values import Properties

PLACEHOLDER = "<PLACEHOLDER>"


@dataclass
class ImportFile:
    """Collects from a preview's events. Every resource gets a name of its own, to be referred to by."""

    _names: dict[str, str] = field(default_factory=dict)
    """URN to the name used in the file."""
    _taken: dict[str, str] = field(default_factory=dict)
    """Name to URN."""
    _created: list[Row] = field(default_factory=list)
    _providers: dict[str, Properties] = field(default_factory=dict)

    def show(self, event: Event) -> None:
        if not isinstance(event, StepStarted) or event.step.urn in self._names:
            return
        row = event.step.row
        self._name(row)
        if row.is_provider:
            self._providers[row.urn] = row.inputs
        if event.step.op is Op.CREATE and row.type != STACK_TYPE and not is_hidden(row):
            self._created.append(row)

    def _name(self, row: Row) -> None:
        own = urns.name_of(row.urn)
        name = own
        if own in self._taken:
            suffix = row.type.rsplit(":", 1)[-1]
            name, count = own + suffix[:1].upper() + suffix[1:], 2
            base = name
            while name in self._taken:
                name, count = f"{base}{count}", count + 1
        self._names[row.urn], self._taken[name] = name, row.urn

    def document(self) -> dict[str, Any]:
        created = {row.urn for row in self._created}
        table: dict[str, str] = {}
        resources = [self._entry(row, created, table) for row in self._created]
        document: dict[str, Any] = {}
        if table:
            document["nameTable"] = dict(sorted(table.items()))
        if resources:
            document["resources"] = resources
        return document

    def _entry(self, row: Row, created: set[str], table: dict[str, str]) -> dict[str, Any]:
        entry: dict[str, Any] = {"type": row.type, "name": self._names[row.urn]}
        if row.custom:
            entry["id"] = PLACEHOLDER
        if row.parent and urns.qualified_type(row.parent) != STACK_TYPE:
            entry["parent"] = self._refer(row.parent, created, table)
        if row.provider:
            entry.update(self._provider(row, created, table))
        if not row.custom:
            entry["component"] = True
        if entry["name"] != urns.name_of(row.urn):
            entry["logicalName"] = urns.name_of(row.urn)
        return entry

    def _provider(self, row: Row, created: set[str], table: dict[str, str]) -> Mapping[str, str]:
        urn = urns.reference_urn(row.provider)
        entry: dict[str, str] = {}
        if not urns.name_of(urn).startswith("default"):
            entry["provider"] = self._refer(urn, created, table)
        inputs = self._providers.get(urn, {})
        if version := plugin_version(inputs):
            entry["version"] = version
        if url := inputs.get(INTERNAL_KEY, {}).get(URL_KEY):
            entry["pluginDownloadUrl"] = url
        return entry

    def _refer(self, urn: str, created: set[str], table: dict[str, str]) -> str:
        name = self._names[urn]
        if urn not in created:
            table[name] = urn
        return name

    def write(self, path: Path) -> None:
        path.write_text(json.dumps(self.document(), indent=4, ensure_ascii=False) + "\n", encoding="utf-8")
