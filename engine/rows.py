"""The state in memory: one row per resource, each standing after whatever it needs."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.values import Properties, Value

STACK_TYPE = "pulumi:pulumi:Stack"
PROVIDER_PREFIX = "pulumi:providers:"


@dataclass
class Row:
    """One resource as the state holds it; the fields are the checkpoint's, in the checkpoint's order."""

    urn: str
    custom: bool
    type: str
    delete: bool = False
    id: str = ""
    inputs: Properties = field(default_factory=dict)
    outputs: Properties = field(default_factory=dict)
    parent: str = ""
    protect: bool = False
    external: bool = False
    dependencies: list[str] = field(default_factory=list)
    init_errors: list[str] = field(default_factory=list)
    provider: str = ""
    """`<urn>::<id>` of the provider's row; empty for components, the stack and providers."""
    property_dependencies: dict[str, list[str]] = field(default_factory=dict)
    pending_replacement: bool = False
    additional_secret_outputs: list[str] = field(default_factory=list)
    aliases: list[str] = field(default_factory=list)
    custom_timeouts: dict[str, float] = field(default_factory=dict)
    import_id: str = ""
    retain_on_delete: bool = False
    deleted_with: str = ""
    created: str = ""
    modified: str = ""
    source_position: str = ""
    ignore_changes: list[str] = field(default_factory=list)
    replace_on_changes: list[str] = field(default_factory=list)
    extra: dict[str, Value] = field(default_factory=dict)
    """Checkpoint keys that this engine does not use, kept so that a state of the CLI's loses nothing."""

    @property
    def is_provider(self) -> bool:
        return self.type.startswith(PROVIDER_PREFIX)


@dataclass
class PendingOperation:
    """A step that had begun when the state was last written."""

    row: Row
    kind: str
    """creating, updating, deleting, reading or importing."""


@dataclass
class Snapshot:
    """All that one checkpoint holds of a stack."""

    rows: list[Row] = field(default_factory=list)
    pending_operations: list[PendingOperation] = field(default_factory=list)
