"""What all parts of one run share."""

from __future__ import annotations

import asyncio
import fnmatch
from dataclasses import dataclass, field, replace
from typing import Any

from engine import urns
from engine.deployment.goal import Goal
from engine.deployment.journal import Journal
from engine.deployment.outcomes import HaltedError
from engine.deployment.registry import Registry
from engine.deployment.steps import Diagnostic, Emit, Severity
from engine.redactor import Redactor
from engine.rows import STACK_TYPE, Row, Snapshot


@dataclass(frozen=True)
class Targets:
    """The resources a run is limited to: URNs, in which `*` stays within one part and `**` does not."""

    patterns: tuple[str, ...] = ()
    dependents: bool = False

    def __bool__(self) -> bool:
        return bool(self.patterns)

    def names(self, urn: str) -> bool:
        return any(fnmatch.fnmatchcase(urn, pattern) for pattern in self.patterns)


@dataclass(frozen=True)
class Options:
    """How a run behaves; `parallel` counts the provider's operations at a time."""

    dry_run: bool
    parallel: int
    targets: Targets = field(default_factory=Targets)


@dataclass
class Run:
    """One deployment: the state it starts from, what it has seen, and whether it goes on."""

    stack: str
    project: str
    options: Options
    base: Snapshot
    journal: Journal
    registry: Registry
    redactor: Redactor
    emit: Emit
    olds: dict[str, Row] = field(default_factory=dict)
    """The base's rows by URN, without those that only wait for their deletion."""
    news: dict[str, Row] = field(default_factory=dict)
    """What this run registered and finished."""
    goals: dict[str, Goal] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    """URNs that the program registered, whether or not their steps have run."""
    planned: set[str] = field(default_factory=set)
    """URNs whose steps were decided."""
    replaced: set[str] = field(default_factory=set)
    deleted: set[str] = field(default_factory=set)
    """URNs that this run has deleted or is about to delete, and which may yet come back."""
    deleted_rows: set[int] = field(default_factory=set)
    dependent_keys: dict[str, list[str]] = field(default_factory=dict)
    skipped: set[str] = field(default_factory=set)
    """URNs whose creation the targets leave out."""
    targeted: set[str] = field(default_factory=set)
    """URNs that are targets, and that depend on one where dependents are wanted."""
    failed: bool = False
    interrupted: bool = False
    halted: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.slots = asyncio.Semaphore(self.options.parallel)
        self.tasks: set[asyncio.Task[Any]] = set()
        self.index_base()

    def index_base(self) -> None:
        self.olds = {row.urn: row for row in self.base.rows if not row.delete}

    @property
    def stack_urn(self) -> str:
        return urns.stack_urn(self.stack, self.project)

    def targets_include(self, row: Row) -> bool:
        """Whether the run may change a row; providers and the stack are always included."""
        return self.is_target(row) or row.is_provider or row.type == STACK_TYPE

    def is_target(self, row: Row) -> bool:
        """Whether the run is about a row, or about everything. Ask for what a row needs before the row."""
        targets = self.options.targets
        if not targets:
            return True
        if targets.names(row.urn) or (targets.dependents and self._needs_target(row)):
            self.targeted.add(row.urn)
            return True
        return False

    def _needs_target(self, row: Row) -> bool:
        return not self.targeted.isdisjoint(dependency_urns(row) | {row.parent})

    def error(self, message: str, urn: str = "") -> None:
        """Report, and let the run end as failed; it goes on until `halt`."""
        self.failed = True
        self.emit(Diagnostic(Severity.ERROR, message, urn))

    def warn(self, message: str, urn: str = "") -> None:
        self.emit(Diagnostic(Severity.WARNING, message, urn))

    def info(self, message: str, urn: str = "") -> None:
        self.emit(Diagnostic(Severity.INFO, message, urn))

    def halt(self) -> None:
        """Begin nothing new; what runs completes and is saved."""
        self.failed = True
        self.halted.set()

    def check_halted(self) -> None:
        if self.halted.is_set():
            raise HaltedError


def dependency_urns(row: Row) -> set[str]:
    """Everything a row needs, its parent aside."""
    found = set(row.dependencies)
    for needed in row.property_dependencies.values():
        found.update(needed)
    if row.deleted_with:
        found.add(row.deleted_with)
    if row.provider:
        found.add(urns.reference_urn(row.provider))
    return found


def own_copy(snapshot: Snapshot) -> Snapshot:
    """A snapshot whose rows a run may change in place."""
    return Snapshot([replace(row) for row in snapshot.rows], list(snapshot.pending_operations))
