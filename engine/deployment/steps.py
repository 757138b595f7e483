"""What a run does to one resource, and what it tells of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from engine.deployment.diffs import PropertyDiff
from engine.rows import Row


class Op(StrEnum):
    """The CLI's names of operations, as its previews and its states spell them."""

    SAME = "same"
    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    REPLACE = "replace"
    CREATE_REPLACEMENT = "create-replacement"
    DELETE_REPLACED = "delete-replaced"
    READ = "read"
    READ_REPLACEMENT = "read-replacement"
    READ_DISCARD = "discard"
    DISCARD_REPLACED = "discard-replaced"
    REMOVE_PENDING_REPLACE = "remove-pending-replace"
    REFRESH = "refresh"
    IMPORT = "import"
    IMPORT_REPLACEMENT = "import-replacement"


@dataclass
class Step:
    """One operation. `old` is the row it starts from, `new` the row it makes; a delete has no `new`."""

    op: Op
    old: Row | None
    new: Row | None
    replace_keys: list[str] = field(default_factory=list)
    changed_keys: list[str] = field(default_factory=list)
    detailed: dict[str, PropertyDiff] | None = None
    result_op: Op | None = None
    """What a refresh found: same, update or delete."""
    skipped_create: bool = False
    """A `same` that stands for a create which the targets leave out; it makes no row."""

    @property
    def row(self) -> Row:
        row = self.new or self.old
        assert row is not None
        return row

    @property
    def retained(self) -> bool:
        """Whether this is a delete that leaves the object alone."""
        return self.new is None and self.old is not None and self.old.retain_on_delete

    @property
    def urn(self) -> str:
        return self.row.urn

    @property
    def shown_op(self) -> Op:
        return self.result_op or self.op


class Severity(StrEnum):
    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass
class StepStarted:
    step: Step


@dataclass
class StepDone:
    step: Step
    seconds: float


@dataclass
class StepFailed:
    step: Step
    seconds: float


@dataclass
class OutputsRegistered:
    """A component's or the stack's outputs, which come after its step."""

    row: Row
    old: Row | None


@dataclass
class Diagnostic:
    severity: Severity
    message: str
    urn: str = ""
    ephemeral: bool = False
    prefix: str = ""


Event: TypeAlias = StepStarted | StepDone | StepFailed | OutputsRegistered | Diagnostic
Emit: TypeAlias = Callable[[Event], None]
