"""Take what is live into a stack's state, each object under the component that declares it."""

from __future__ import annotations

import argparse
import dataclasses
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from components.declaration import key_of
from components.domain import Domain, retirements
from components.gates import Rollout, gate_name
from components.rollout import DOMAINS, component_of, declarations
from operations.pulumi import pulumi, require_stack_file, stack_config
from operations.target import live
from operations.unmanaged import report, unmanaged_objects
from provider.plane import Planes
from provider.schema.postgres import Backfill
from provider.schema.rollout import Gate
from provider.schema.shape import Shape
from settings import Settings, load_settings

Entry = dict[str, str | bool]
Component = type[Domain] | type[Rollout]


def options(parser: argparse.ArgumentParser) -> None:
    """Of its command line."""
    parser.add_argument("--stack", required=True)
    parser.set_defaults(run=lambda options: adopt(options.stack))


def adopt(stack: str) -> str:
    """Import all that is declared and live into a stack, made where there is none; returns what was done."""
    require_stack_file(stack)
    with _stack(stack):
        settings = load_settings(config := stack_config(stack))
        with live(config) as planes:
            entries = list(import_entries(_reached(settings, planes), planes))
            unmanaged = list(unmanaged_objects(settings, planes))
        _import(stack, entries)
    objects = sum("id" in entry for entry in entries)
    return f"Adopted {objects} live objects into the stack {stack}.\n{report(unmanaged)}"


@contextmanager
def _stack(stack: str) -> Iterator[None]:
    """The stack, made if need be; one that was made is removed again if its adoption fails."""
    known = {entry["name"] for entry in json.loads(pulumi("stack", "ls", "--json"))}
    if stack in known:
        yield
        return
    pulumi("stack", "init", stack, "--no-select")
    try:
        yield
    except BaseException:
        pulumi("stack", "rm", stack, "--yes", "--force", "--preserve-config")
        raise


def _reached(settings: Settings, planes: Planes) -> Settings:
    """The settings with the phase that the target itself tells to have completed, where it does."""
    level = planes.passages().level
    return settings if level is None else dataclasses.replace(settings, found=level)


def import_entries(settings: Settings, planes: Planes) -> Iterator[Entry]:
    """The import file's resources: components, then live objects, then the steps counted as done."""
    found = [(component, shape) for component, shape in _known(settings) if _is_live(shape, settings, planes)]
    components: list[Component] = [*DOMAINS, Rollout]
    for component in components:
        yield {"type": f"voip:components:{component.__name__}", "name": component.name, "component": True}
    for component, shape in found:
        yield {
            "type": shape.token,
            "name": key_of(shape),
            "logicalName": shape.id,
            "id": shape.id,
            "parent": component.name,
        }


def _known(settings: Settings) -> Iterator[tuple[Component, Shape]]:
    """Every object in the version of the phase in which the environment was found, and its component."""
    for domain, declaration in declarations(settings):
        shape = declaration.at(settings.found) or declaration.first
        yield component_of(domain, declaration, settings), shape
    for domain in DOMAINS:
        gone = retirements(domain.name, domain.declarations(settings), settings.found)
        yield from ((domain, each) for each in gone)
    yield from ((Rollout, Gate(name=gate_name(phase))) for phase in range(settings.found + 1))


def _is_live(shape: Shape, settings: Settings, planes: Planes) -> bool:
    if isinstance(shape, Backfill):
        return any(declaration.at(settings.found) == shape for _, declaration in declarations(settings))
    return planes.kinds[shape.token].read(shape.id, None) is not None


def _import(stack: str, entries: list[Entry]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "import.json"
        file.write_text(json.dumps({"resources": entries}), "utf-8")
        options = ["--yes", "--skip-preview", "--protect=false", "--generate-code=false"]
        pulumi("import", "--stack", stack, "--file", str(file), *options)
