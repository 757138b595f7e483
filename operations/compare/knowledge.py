"""What the program's own declarations and documents tell of a difference."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache

import msgspec

from comparison.authored import load_authored
from comparison.comparison import Closing, Edge, Knowledge, Permission, Reading, Step
from comparison.rows import Row
from components.declaration import Declaration, Wire
from components.hardening import HARDENED, Hardening
from components.requirements import requirements
from components.rollout import PHASES, declarations
from operations import access
from operations.contradictions import Contradiction
from operations.documents import load_contradictions, load_ledger
from operations.functions import load_functions
from operations.migrations import Ledger, Migration, all_declared, changes
from operations.pages import FOLDER
from provider.schema.access import Cell
from provider.schema.postgres import Backfill, NotNull, Privileges, Retirement, Rows
from provider.schema.snapshot import Snapshot
from provider.schema.stripe import WebhookActivation
from provider.schema.supabase import Retirement as FunctionRetirement
from settings import PROJECT, PROVIDER, load_settings

Declared = Mapping[str, Declaration]

_UNSEEN = (Backfill, FunctionRetirement, NotNull, Privileges, Retirement, WebhookActivation)
"""Steps rather than objects, and what is told with its object."""


def knowledge() -> Knowledge:
    """All of it."""
    declared, ledger = all_declared(), load_ledger()
    cautious = {each.key: each for _, each in declarations(load_settings({f"{PROVIDER}:environment": "any"}))}
    migrations = {each.version: each for each in ledger.migrations}
    return Knowledge(
        references=references(declared),
        closing=lambda row: _closing(row, declared, cautious, migrations),
        steps=lambda rows: _steps(rows, declared),
        edges=lambda rows: list(_edges({row.key for row in rows}, declared)),
        counts=lambda rows: _counts(rows, ledger),
        access=permissions,
        needed=_needed(),
        readings={each.id: _reading(each) for each in load_contradictions()},
        authored=load_authored(),
    )


def references(declared: Declared) -> list[Rows]:
    """The tables whose rows are reference data."""
    return [each.first for each in declared.values() if isinstance(each.first, Rows)]


def permissions(first: Snapshot, second: Snapshot) -> list[Permission] | None:
    """Who may do what in both, those of one command on one object's rows together."""
    if first.access is None or second.access is None:
        return None
    sides = [_summary(each) for each in (first.access, second.access)]
    lines = sorted({line for side in sides for line in side})
    callers = sorted({caller for side in sides for who in side.values() for caller in who})
    return [
        Permission(
            object=line[0],
            command=line[1],
            row=line[2],
            callers={each: _both(each, *(side.get(line, {}) for side in sides)) for each in callers},
        )
        for line in lines
    ]


def _both(caller: str, first: Mapping[str, str], second: Mapping[str, str]) -> tuple[str, str]:
    return first.get(caller, ""), second.get(caller, "")


def _summary(told: Sequence[tuple[str, ...]]) -> dict[tuple[str, str, str], Mapping[str, str]]:
    table = {Cell(*cell): outcome for *cell, outcome in told}
    return {(line.object, line.command, line.row): line.who for line in access.summary(table)}


def _closing(
    row: Row, declared: Declared, cautious: Declared, migrations: Mapping[str, Migration]
) -> Closing:
    if row.kind == "migration":
        return _of_migration(row, migrations)
    if row.deployments_alone:
        return Closing(None, "nothing to close")
    if row.kind == "secret" and row.sign == "different":
        return Closing(None, "each environment has a value of its own")
    if _on_purpose(row):
        return Closing(None, "hardening makes it so, on purpose")
    path = row.path if row.plane == "catalog" else ""
    phase = _last(declared.get(row.key), path)
    if phase is None:
        return Closing(None, "declared in no phase: left alone")
    if phase == 0:
        return Closing(None, "declared as found, in every phase")
    consent = _last(cautious.get(row.key), path) != phase
    return Closing(phase, "with consent alone, as it holds data" if consent else "declared")


def _on_purpose(row: Row) -> bool:
    """Whether hardening makes what staging lacks, or has otherwise."""
    if row.sign == "different":
        return row.key in HARDENED or row.key in _hardening()
    return row.sign == "extra" and row.key in _hardening()


@cache
def _hardening() -> frozenset[str]:
    """The objects that only hardening has."""
    settings = load_settings({f"{PROVIDER}:environment": "any", f"{PROJECT}:hardening": "true"})
    return frozenset(each.key for each in Hardening.declarations(settings))


def _last(declaration: Declaration | None, path: str) -> int | None:
    return max(changes(declaration, path), default=None) if declaration else None


def _of_migration(row: Row, migrations: Mapping[str, Migration]) -> Closing:
    migration = migrations.get(_version(row))
    if row.sign != "missing" or migration is None:
        return Closing(None, "stays in the history")
    why = f"{migration.fate}, category {migration.category}"
    return Closing(max(migration.objects, default=None), f"{why}: {migration.why}" if migration.why else why)


def _version(row: Row) -> str:
    return row.key.partition("::")[2]


def _steps(rows: Sequence[Row], declared: Declared) -> list[Step]:
    seen = [each for each in declared.values() if not isinstance(each.first, _UNSEEN)]
    objects = Counter(phase for each in seen for phase in changes(each, ""))
    still = {(row.key, row.phase) for row in rows if row.plane != "migrations" and not row.deployments_alone}
    opened = Counter(phase for key, phase in still if phase is not None)
    return [
        Step(
            number=phase.number,
            title=phase.title,
            objects=max(objects[phase.number], opened[phase.number]),
            open=opened[phase.number],
        )
        for phase in PHASES
        if phase.number > 0
    ]


def _edges(open_keys: set[str], declared: Declared) -> Iterator[Edge]:
    for key in sorted(open_keys & declared.keys()):
        declaration = declared[key]
        for before in sorted({*requirements(declaration.first), *declaration.after, *_wired(declaration)}):
            if before in open_keys and before != key:
                yield Edge(before=before, after=key)


def _wired(declaration: Declaration) -> Iterator[str]:
    for wires in declaration.wires.values():
        yield from (wire.key for wire in ([wires] if isinstance(wires, Wire) else wires))


def _counts(rows: Sequence[Row], ledger: Ledger) -> Mapping[str, int]:
    missing = {_version(row) for row in rows if row.kind == "migration" and row.sign == "missing"}
    listed = {
        f"migrations.{category}": sum(each.version in missing for each in ledger.listed(category))
        for category in ledger.categories
    }
    functions = {row.name for row in rows if row.kind == "edge function" and row.sign == "missing"}
    ordered = {slug for step in load_authored().order for slug in step}
    return {**listed, "edge functions.missing of the order": len(functions & ordered)}


def _needed() -> dict[str, list[str]]:
    """The secrets without which functions don't answer."""
    needed: dict[str, list[str]] = {}
    for function in load_functions(FOLDER / "openapi.json").functions:
        for name in filter(None, function.environment.split(", ")):
            if not name.endswith("?"):
                needed.setdefault(name, []).append(f"`{function.slug}`")
    return needed


def _reading(each: Contradiction) -> Reading:
    return msgspec.convert(
        {"title": each.title, "sections": each.sections, "says": each.says, "chosen": each.chosen}, Reading
    )
