"""Take what is live into a stack's state, each object under the component that declares it."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from components.declaration import Declaration, key_of
from components.domain import Domain, retired
from components.rollout import DOMAINS, declarations
from operations.pulumi import pulumi
from provider.plane import Planes
from provider.schema.postgres import Backfill
from provider.schema.shape import Shape
from provider.target import Target, load_target
from settings import PROVIDER, Settings, load_settings

Entry = dict[str, str | bool]


def adopt(stack: str) -> str:
    """Import all that is declared and live into a stack, made where there is none; returns what was done."""
    with _stack(stack):
        settings = load_settings(config := stack_config(stack))
        planes = Planes(_target(config))
        try:
            entries = list(import_entries(settings, planes))
            unmanaged = list(unmanaged_objects(settings, planes))
        finally:
            planes.close()
        _import(stack, entries)
    return _report(stack, entries, unmanaged)


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


def _target(config: Mapping[str, str]) -> Target:
    prefix = f"{PROVIDER}:"
    bare = {key.removeprefix(prefix): value for key, value in config.items() if key.startswith(prefix)}
    return load_target(bare, Path.cwd())


def stack_config(stack: str) -> dict[str, str]:
    """A stack's whole config in plain text, keys as `namespace:key`."""
    shown = json.loads(pulumi("config", "--stack", stack, "--json", "--show-secrets"))
    return {key: str(entry["value"]) for key, entry in shown.items()}


def import_entries(settings: Settings, planes: Planes) -> Iterator[Entry]:
    """The import file's resources: components, then live objects, then the steps counted as done."""
    for domain in DOMAINS:
        shapes = [shape for shape in _known(domain, settings) if _is_live(shape, settings, planes)]
        if shapes:
            token = f"voip:components:{domain.__name__}"
            yield {"type": token, "name": domain.name, "component": True}
        for shape in shapes:
            name = key_of(shape)
            yield {
                "type": shape.token,
                "name": name,
                "logicalName": shape.id,
                "id": shape.id,
                "parent": domain.name,
            }


def unmanaged_objects(settings: Settings, planes: Planes) -> Iterator[str]:
    """Keys of live objects that no phase of the program declares."""
    declared = {declaration.key for _, declaration in declarations(settings)}
    for key in planes.live_keys():
        if key not in declared:
            yield key


def _known(domain: type[Domain], settings: Settings) -> Iterator[Shape]:
    """Every object of a domain in the version of the phase in which the environment was found."""
    declared = domain.declarations(settings)
    for declaration in declared:
        yield _as_found(declaration, settings.found)
    if retirement := retired(domain.name, declared, settings.found):
        yield retirement


def _as_found(declaration: Declaration, found: int) -> Shape:
    return declaration.at(found) or next(iter(declaration.versions.values()))


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


def _report(stack: str, entries: list[Entry], unmanaged: list[Any]) -> str:
    objects = sum("id" in entry for entry in entries)
    lines = [f"Adopted {objects} live objects into the stack {stack}."]
    if unmanaged:
        lines.append(f"{len(unmanaged)} live objects are not declared and left alone:")
        lines.extend(f"  {key}" for key in sorted(unmanaged))
    return "\n".join(lines)
