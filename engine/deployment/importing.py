"""`pulumi import --file`: take live objects into the state, without the program."""

from __future__ import annotations

import asyncio
import json
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine import urns
from engine.deployment.executor import hide_secret_outputs
from engine.deployment.goal import Goal
from engine.deployment.steps import Op, Step
from engine.errors import EngineError
from engine.files import read_text
from engine.rows import STACK_TYPE, Row
from engine.values import Properties

if TYPE_CHECKING:
    from engine.deployment.deploy import Deployment

_KEYS = {
    "type",
    "name",
    "logicalName",
    "id",
    "parent",
    "provider",
    "version",
    "pluginDownloadUrl",
    "component",
    "properties",
}
"""`properties` is known and without effect, as it is with the CLI."""


@dataclass(frozen=True)
class Import:
    """One resource to import, its parent and provider resolved to URNs."""

    type: str
    name: str
    """The resource's own, as in its URN."""
    urn: str
    id: str = ""
    parent: str = ""
    provider: str = ""
    """An explicit one's URN."""
    version: str = ""
    download_url: str = ""
    component: bool = False


def read_import_file(path: Path, stack: str, project: str) -> list[Import]:
    """Parents come first. Raises EngineError with every mistake of the file."""
    try:
        document = json.loads(read_text(path))
    except FileNotFoundError:
        raise EngineError(f"could not read the import file {path}: there is no such file") from None
    except json.JSONDecodeError as error:
        raise EngineError(f"could not read the import file {path}: {error}") from error
    return Resolver(document, stack, project).imports()


class Resolver:
    """Turns the file's names into URNs."""

    def __init__(self, document: dict[str, Any], stack: str, project: str) -> None:
        self._table: dict[str, str] = document.get("nameTable") or {}
        self._specs: list[dict[str, Any]] = document.get("resources") or []
        self._stack = stack
        self._project = project
        self._mistakes: list[str] = []

    def imports(self) -> list[Import]:
        for index, spec in enumerate(self._specs):
            self._check(index, spec)
        self._raise_mistakes()
        pending, found = list(self._specs), list[Import]()
        while pending:
            resolved = [spec for spec in pending if self._is_resolvable(spec)]
            if not resolved:
                raise EngineError(f"the parents of {_listed(pending)} run in a circle")
            for spec in resolved:
                found.append(self._resolve(spec))
                pending.remove(spec)
        self._raise_mistakes()
        return found

    def _check(self, index: int, spec: dict[str, Any]) -> None:
        label = _label(index, spec)
        name = spec.get("name") or spec.get("logicalName")
        spec["name"] = name
        spec.setdefault("logicalName", name)
        if not spec.get("type"):
            self._mistakes.append(f"{label} has no type")
        if not name:
            self._mistakes.append(f"{label} has no name")
        if spec.get("component") and spec.get("id"):
            self._mistakes.append(f"{label} has an ID, but is marked as a component")
        if not spec.get("component") and not spec.get("id"):
            self._mistakes.append(f"{label} has no ID")
        if unknown := sorted(set(spec) - _KEYS):
            self._mistakes.append(
                f"{label} has {', '.join(unknown)}, which the embedded engine does not implement"
            )

    def _raise_mistakes(self) -> None:
        if self._mistakes:
            listed = "\n".join(f"  * {mistake}" for mistake in self._mistakes)
            raise EngineError(f"could not parse the import file: {len(self._mistakes)} error(s):\n{listed}")

    def _named(self, name: str) -> list[dict[str, Any]]:
        return [spec for spec in self._specs if spec["name"] == name]

    def _is_resolvable(self, spec: dict[str, Any]) -> bool:
        parents = self._named(spec.get("parent", ""))
        return not parents or "urn" in parents[0] or len(parents) > 1

    def _resolve(self, spec: dict[str, Any]) -> Import:
        parent = self._look_up(spec, "parent")
        provider = self._look_up(spec, "provider")
        urn = urns.make(self._stack, self._project, parent, spec["type"], spec["logicalName"])
        spec["urn"] = urn
        return Import(
            type=spec["type"],
            name=spec["logicalName"],
            urn=urn,
            id=spec.get("id", ""),
            parent=parent or urns.stack_urn(self._stack, self._project),
            provider=provider,
            version=spec.get("version", ""),
            download_url=spec.get("pluginDownloadUrl", ""),
            component=bool(spec.get("component")),
        )

    def _look_up(self, spec: dict[str, Any], key: str) -> str:
        name = spec.get(key, "")
        if not name:
            return ""
        named = self._named(name)
        if len(named) > 1:
            self._mistakes.append(f"{_label(0, spec)} has an ambiguous {key} '{name}'")
            return ""
        if named:
            return str(named[0]["urn"])
        if name not in self._table:
            self._mistakes.append(f"the {key} '{name}' for {_label(0, spec)} has no name in the import file")
        return self._table.get(name, "")


def _label(index: int, spec: dict[str, Any]) -> str:
    named = spec.get("name") or spec.get("id")
    label = f"resource '{named}'" if named else f"resource {index}"
    return f"{label} of type '{spec['type']}'" if spec.get("type") else label


def _listed(specs: list[dict[str, Any]]) -> str:
    return ", ".join(f"'{spec['name']}'" for spec in specs)


async def import_resources(deployment: Deployment, imports: list[Import], *, protect: bool) -> None:
    """Import everything, the resources of one depth at the same time."""
    # What the imported rows refer to must stand before them.
    for row in deployment.run.base.rows:
        if not row.delete:
            await deployment.executor.run(Step(Op.SAME, row, replace(row)))
    await _ensure_stack(deployment)
    providers = await _providers(deployment, imports)
    done: set[str] = {row.urn for row in deployment.run.olds.values()}
    pending = [entry for entry in imports if not _is_known(deployment, entry)]
    while pending:
        deployment.run.check_halted()
        ready = [e for e in pending if e.parent in done or e.parent == deployment.run.stack_urn]
        if not ready:
            raise EngineError(f"unknown parent '{pending[0].parent}' for resource '{pending[0].urn}'")
        results = await asyncio.gather(
            *(_import_one(deployment, entry, providers.get(entry.urn, ""), protect) for entry in ready),
            return_exceptions=True,
        )
        if failures := [result for result in results if isinstance(result, BaseException)]:
            raise failures[0]
        done.update(entry.urn for entry in ready)
        pending = [entry for entry in pending if entry not in ready]


def _is_known(deployment: Deployment, entry: Import) -> bool:
    """Whether the state has this very object already; with another one of that name the import fails."""
    old = deployment.run.olds.get(entry.urn)
    return old is not None and old.id == entry.id


async def _ensure_stack(deployment: Deployment) -> None:
    run = deployment.run
    if run.stack_urn not in run.olds:
        name = f"{run.project}-{run.stack}"
        await deployment.planner.register(Goal(type=STACK_TYPE, name=name, custom=False))


async def _providers(deployment: Deployment, imports: list[Import]) -> dict[str, str]:
    """References of the providers by the entries' URNs; default providers that are missing are created."""
    run, found = deployment.run, dict[str, str]()
    for entry in imports:
        if entry.component or _is_known(deployment, entry):
            continue
        if entry.provider:
            row = run.olds.get(entry.provider)
            if row is None:
                raise EngineError(
                    f"the provider {entry.provider} of {entry.urn} is not in the state; "
                    f"create it by an update first"
                )
            await run.registry.ensure(row)
            found[entry.urn] = urns.reference(row.urn, row.id)
        else:
            found[entry.urn] = await deployment.defaults.existing_or_new(
                run.olds, run.registry, urns.package_of(entry.type), entry.version, entry.download_url
            )
    return found


async def _import_one(deployment: Deployment, entry: Import, provider: str, protect: bool) -> None:
    row = Row(
        urn=entry.urn,
        custom=not entry.component,
        type=entry.type,
        parent=entry.parent,
        protect=protect,
        provider=provider,
        import_id=entry.id,
    )
    await deployment.executor.run(Step(Op.IMPORT, None, row))
    # Later runs are ordinary ones; only an import that the program itself asks for stays on record.
    row.import_id = ""
    deployment.run.journal.touch()
    if entry.component:
        return
    hide_secret_outputs(row)
    await _check_imported(deployment, row)


async def _check_imported(deployment: Deployment, row: Row) -> None:
    """What is live and yet not valid is worth a warning, but it is what is live."""
    run = deployment.run
    plugin = await run.registry.plugin(row.provider)
    inputs: Properties = row.inputs
    _, failures = await plugin.check(row.urn, inputs, inputs, os.urandom(32))
    for failure in failures:
        where = f"{failure.property}: " if failure.property else ""
        run.warn(f"imported inputs failed to validate: {where}{failure.reason}", row.urn)
