"""What stands for each migration that staging has and production lacks, held against the declarations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

import msgspec

from components.declaration import Declaration
from components.rollout import declarations
from settings import LAST_PHASE, PROJECT, PROVIDER, load_settings

ObjectsByPhase = dict[int, list[str]]
"""Keys of declarations, or `key#path` for one property, by the phase in which they change."""

Declared = Mapping[str, Declaration]


class Category(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A group of migrations, and how many its heading in the comparison counts."""

    title: str
    stated: int


class Migration(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One migration: declared by objects of its own, folded into those of a later one, or skipped."""

    version: str
    name: str | None = None
    category: str | None = None
    """Absent for a migration that the comparison names and lists nowhere."""
    fate: Literal["declared", "folded", "skipped"]
    why: str = ""
    objects: ObjectsByPhase = msgspec.field(default_factory=dict)


class Unattributed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Objects that staging has by a migration that nobody can tell."""

    why: str
    objects: ObjectsByPhase


class Ledger(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`docs/migrations.yaml`."""

    categories: dict[str, Category]
    migrations: list[Migration]
    unattributed: Unattributed

    def listed(self, category: str | None) -> list[Migration]:
        return [migration for migration in self.migrations if migration.category == category]


def all_declared() -> Declared:
    """Every object by key, its retirement included: with consent to all that a stack can consent to."""
    consents = {f"{PROJECT}:{name}": "true" for name in ("dropLegacyLerg", "dropProfileColumns")}
    settings = load_settings({f"{PROVIDER}:environment": "any", **consents})
    return {declaration.key: declaration for _, declaration in declarations(settings)}


def faults(ledger: Ledger, declared: Declared) -> Iterator[str]:
    """Whatever the ledger says that is not so, one line each."""
    for migration in ledger.migrations:
        for fault in _faults_of(migration, ledger, declared):
            yield f"migration {migration.version}: {fault}"
    for fault in _object_faults(ledger.unattributed.objects, declared):
        yield f"unattributed: {fault}"


def _faults_of(migration: Migration, ledger: Ledger, declared: Declared) -> Iterator[str]:
    if migration.category is not None and migration.category not in ledger.categories:
        yield f"there is no category {migration.category}; use one of {', '.join(ledger.categories)}"
    if (migration.fate == "skipped") == bool(migration.objects):
        named = "names objects" if migration.objects else "names no objects"
        yield f"it is {migration.fate} and {named}; name some unless it is skipped"
    if migration.fate != "declared" and not migration.why:
        yield f"it is {migration.fate} without a reason; say why"
    yield from _object_faults(migration.objects, declared)


def _object_faults(objects: ObjectsByPhase, declared: Declared) -> Iterator[str]:
    for phase, names in objects.items():
        for name in names:
            key, _, path = name.partition("#")
            if key not in declared:
                yield f"{key} is not declared; correct its key"
            elif phase not in (reached := changes(declared[key], path)):
                yield f"{name} does not change in phase {phase}; it changes in {reached}"


def changes(declaration: Declaration, path: str) -> list[int]:
    """The phases in which an object, or the property at a path of it, becomes another one."""
    values = [_value(declaration, path, phase) for phase in range(-1, LAST_PHASE + 1)]
    return [phase for phase in range(LAST_PHASE + 1) if values[phase] != values[phase + 1]]


def _value(declaration: Declaration, path: str, phase: int) -> Any:
    shape = declaration.at(phase)
    value: Any = shape.wire() if shape else None
    for step in path.split(".") if path else ():
        value = value.get(step) if isinstance(value, dict) else None
    return value
