"""What of a stack's target is not as declared at the phase it has reached: changed outside of the code."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from comparison.rows import rows
from components.declaration import Declaration, Wire, key_of
from components.rollout import declarations
from operations.compare.knowledge import references
from operations.compare.snapshots import load, store
from operations.errors import DriftError
from operations.migrations import all_declared
from operations.pulumi import stack_config
from operations.target import live
from operations.unmanaged import unmanaged_objects
from provider.errors import PropertyError, ProviderError
from provider.plane import Planes
from provider.schema.postgres import Backfill, DefaultPrivileges
from provider.schema.shape import Shape
from provider.schema.snapshot import Snapshot
from settings import Settings, load_settings

MOST = 12
"""As many lines a message for a chat has."""

_PLATFORM = f"{DefaultPrivileges.token}::supabase_"

_REVERSED = {"missing": "extra", "extra": "missing"}
"""What the snapshot lacked is there now."""

_MARKS = {"missing": "-", "different": "~", "extra": "+", "not told": "?"}


class Drift(NamedTuple):
    """One object that is not as declared."""

    sign: str
    key: str
    detail: str = ""

    def __str__(self) -> str:
        _, plane, kind = self.key.partition("::")[0].split(":")
        word = f"{'edge ' if plane == 'supabase' else ''}{kind}"
        told = f": {self.detail}" if self.detail else ""
        return f"{_MARKS[self.sign]} {self.sign} {word} {self.key.partition('::')[2]}{told}"


def watch(stack: str, *, since: str | None, snapshot: str | None) -> str:
    """One line if all is as declared, or DriftError with what is not; with a snapshot, since when."""
    settings = load_settings(config := stack_config(stack))
    before = load(Path(since)) if since else None
    with live(config) as planes:
        level = planes.passages().level
        reached = dataclasses.replace(settings, found=settings.found if level is None else level)
        found = list(drifts(reached, planes))
        now = planes.survey(references(all_declared())) if since or snapshot else None
        found += _undeclared(reached, planes, before, now)
    if snapshot and now:
        store(now, Path(snapshot))
    if not found:
        return f"{stack} is as declared at phase {reached.found}."
    raise DriftError("\n".join(message(stack, reached.found, found, before, now)))


def message(
    stack: str, phase: int, found: list[Drift], before: Snapshot | None, now: Snapshot | None
) -> Iterator[str]:
    """A text for a chat: how many, then the first of them."""
    yield f"{stack} is not as declared at phase {phase}: {len(found)} differences."
    for drift in found[:MOST]:
        yield f"  {drift}{_since(drift, before, now)}"
    if len(found) > MOST:
        yield f"  … and {len(found) - MOST} more"
    yield f"Look at them with `pulumi preview --stack {stack} --diff`."


def _since(drift: Drift, before: Snapshot | None, now: Snapshot | None) -> str:
    if before is None or now is None or drift.sign == "not told":
        return ""
    key = drift.key.partition("#")[0]
    same = before.objects.get(key) == now.objects.get(key)
    return f" (so already {before.taken})" if same else f" (changed since {before.taken})"


def drifts(settings: Settings, planes: Planes) -> Iterator[Drift]:
    """What is not as declared at the phase found."""
    declared = {declaration.key: declaration for _, declaration in declarations(settings)}
    for declaration in declared.values():
        if not isinstance(declaration.first, Backfill):
            yield from _of(declaration, settings.found, declared, planes)


def _undeclared(
    settings: Settings, planes: Planes, before: Snapshot | None, now: Snapshot | None
) -> Iterator[Drift]:
    """What nobody declared: all that is live, or with an earlier snapshot what has changed of it."""
    if before is None or now is None:
        for key in unmanaged_objects(settings, planes):
            # The platform's own: it makes and changes them as it likes.
            if not key.startswith(_PLATFORM) and key not in settings.left_alone:
                yield Drift("extra", key, "nobody declared it")
        return
    declared = {declaration.key for _, declaration in declarations(settings)}
    for row in rows(before, now):
        if row.key not in declared and not row.key.startswith(_PLATFORM):
            yield Drift(_REVERSED.get(row.sign, row.sign), row.key, "nobody declared it")


def _of(
    declaration: Declaration, phase: int, declared: Mapping[str, Declaration], planes: Planes
) -> Iterator[Drift]:
    shape = declaration.at(phase)
    try:
        if shape is None:
            yield from _absent(declaration, planes)
        else:
            yield from _present(_wired(shape, declaration, declared, planes), planes)
    except ProviderError as error:
        yield Drift("not told", declaration.key, str(error))


def _absent(declaration: Declaration, planes: Planes) -> Iterator[Drift]:
    """What another phase brings or has retired must not be there."""
    first = declaration.first
    if first.droppable and planes.kinds[first.token].read(first.id, None) is not None:
        yield Drift("extra", declaration.key, "declared in another phase")


def _present(shape: Shape, planes: Planes) -> Iterator[Drift]:
    kind = planes.kinds[shape.token]
    found = kind.read(shape.id, shape)
    if found is None:
        yield Drift("missing", key_of(shape))
        return
    try:
        wanted = kind.check(shape)
    except PropertyError:
        # What another resource makes known in an update alone can't be held against what is live.
        return
    if different := kind.diff(found, wanted):
        yield Drift("different", key_of(shape), ", ".join(each.path for each in different))


def _wired(
    shape: Shape, declaration: Declaration, declared: Mapping[str, Declaration], planes: Planes
) -> Shape:
    """The shape with what it gets of others that are live."""
    if not declaration.wires:
        return shape
    given = {name: _given(wires, declared, planes) for name, wires in declaration.wires.items()}
    return msgspec.convert({**shape.wire(), **given}, type(shape))


def _given(wires: Wire | tuple[Wire, ...], declared: Mapping[str, Declaration], planes: Planes) -> Any:
    if not isinstance(wires, Wire):
        return [_given(each, declared, planes) for each in wires]
    of = declared[wires.key].first
    found = planes.kinds[of.token].read(of.id, None)
    return found.wire().get(wires.output, "") if found else ""
