"""What is live and declared in no phase: told, and left alone."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator

from components.declaration import Declaration, key_of
from components.rollout import declarations
from operations.pulumi import stack_config
from operations.target import live
from provider.plane import Planes
from provider.schema.postgres import Table
from settings import Settings, load_settings


def options(parser: argparse.ArgumentParser) -> None:
    """Of its command line."""
    parser.add_argument("--stack", required=True)
    parser.set_defaults(run=lambda options: unmanaged(options.stack))


def unmanaged(stack: str) -> str:
    """The unmanaged objects of a stack's target, one line each below their number."""
    settings = load_settings(config := stack_config(stack))
    with live(config) as planes:
        return report(unmanaged_objects(settings, planes))


def unmanaged_objects(settings: Settings, planes: Planes) -> Iterator[str]:
    """`<token>::<id>` of live objects, and `<token>::<id>#columns.<name>` of live columns."""
    declared = {declaration.key: declaration for _, declaration in declarations(settings)}
    for shape in planes.live_objects():
        key = key_of(shape)
        if key not in declared:
            yield key
        elif isinstance(shape, Table):
            known = _columns(declared[key])
            yield from (f"{key}#columns.{name}" for name in shape.columns if name not in known)


def report(keys: Iterable[str]) -> str:
    """What is unmanaged, for people."""
    if not (found := sorted(keys)):
        return "All that is live is declared."
    lines = "\n".join(f"  {key}" for key in found)
    return f"Live, not declared and left alone ({len(found)}):\n{lines}"


def _columns(declaration: Declaration) -> set[str]:
    return {
        name
        for version in declaration.versions.values()
        if isinstance(version, Table)
        for name in version.columns
    }
