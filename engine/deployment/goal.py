"""A registration's wishes, decoded."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

from engine.errors import EngineError
from engine.rows import Row
from engine.urns import package_of, reference_urn, type_of
from engine.values import Properties, Value, from_struct

_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_DURATION = re.compile(r"(\d+(?:\.\d*)?)(ns|us|µs|ms|s|m|h)")


@dataclass(frozen=True)
class Alias:
    """A former name: a whole URN, or the parts that differed; None means "as now"."""

    urn: str = ""
    name: str | None = None
    type: str | None = None
    stack: str | None = None
    project: str | None = None
    parent: str | None = None
    no_parent: bool = False


@dataclass
class Goal:
    """What the program wants of one resource; three-valued options are None where it said nothing."""

    type: str
    name: str
    custom: bool
    parent: str = ""
    properties: Properties = field(default_factory=dict)
    dependencies: list[str] = field(default_factory=list)
    property_dependencies: dict[str, list[str]] = field(default_factory=dict)
    provider: str = ""
    providers: Mapping[str, str] = field(default_factory=dict)
    version: str = ""
    download_url: str = ""
    protect: bool | None = None
    retain_on_delete: bool | None = None
    delete_before_replace: bool | None = None
    deleted_with: str = ""
    import_id: str = ""
    ignore_changes: list[str] = field(default_factory=list)
    replace_on_changes: list[str] = field(default_factory=list)
    additional_secret_outputs: list[str] = field(default_factory=list)
    custom_timeouts: dict[str, float] = field(default_factory=dict)
    aliases: list[Alias] = field(default_factory=list)
    source_position: str = ""
    extra: dict[str, Value] = field(default_factory=dict)

    def inheriting(self, parent: Goal | None) -> Goal:
        """With what a child takes over from its parent where it says nothing itself."""
        if parent is None:
            return self
        return replace(
            self,
            protect=parent.protect if self.protect is None else self.protect,
            retain_on_delete=parent.retain_on_delete
            if self.retain_on_delete is None
            else self.retain_on_delete,
            deleted_with=self.deleted_with or parent.deleted_with,
            provider=self.provider or self._inherited_provider(parent),
        )

    def _inherited_provider(self, parent: Goal) -> str:
        if not self.custom:
            return parent.provider
        package = package_of(self.type)
        if package in parent.providers:
            return parent.providers[package]
        fits = bool(parent.provider) and package_of(type_of(reference_urn(parent.provider))) == package
        return parent.provider if fits else ""

    def row(self, urn: str, old: Row | None) -> Row:
        """The row this goal asks for, not yet checked, with the times of the row it continues."""
        return Row(
            urn=urn,
            custom=self.custom,
            type=self.type,
            inputs=self.properties,
            parent=self.parent,
            protect=bool(self.protect),
            dependencies=self.dependencies,
            provider=self.provider,
            property_dependencies=self.property_dependencies,
            additional_secret_outputs=self.additional_secret_outputs,
            custom_timeouts=self.custom_timeouts,
            import_id=self.import_id,
            retain_on_delete=bool(self.retain_on_delete),
            deleted_with=self.deleted_with,
            created=old.created if old else "",
            modified=old.modified if old else "",
            source_position=self.source_position,
            ignore_changes=self.ignore_changes,
            replace_on_changes=self.replace_on_changes,
            extra=self.extra,
        )


def from_request(request: Any, root: Path) -> Goal:
    """Decode a RegisterResourceRequest; EngineError names an option that this engine does not implement."""
    _refuse_unsupported(request)
    named_dbr = request.deleteBeforeReplaceDefined or request.deleteBeforeReplace
    properties = from_struct(request.object)
    return Goal(
        type=request.type,
        name=request.name,
        custom=request.custom,
        parent=request.parent,
        properties=properties,
        dependencies=sorted(set(request.dependencies)),
        property_dependencies=_property_dependencies(request, properties),
        provider=request.provider,
        providers=dict(request.providers),
        version=request.version,
        download_url=request.pluginDownloadURL,
        protect=request.protect if request.HasField("protect") else None,
        retain_on_delete=request.retainOnDelete if request.HasField("retainOnDelete") else None,
        delete_before_replace=request.deleteBeforeReplace if named_dbr else None,
        deleted_with=request.deletedWith,
        import_id=request.importId,
        ignore_changes=list(request.ignoreChanges),
        replace_on_changes=list(request.replaceOnChanges),
        additional_secret_outputs=list(request.additionalSecretOutputs),
        custom_timeouts=_timeouts(request.customTimeouts),
        aliases=[Alias(urn=urn) for urn in request.aliasURNs] + [_alias(a) for a in request.aliases],
        source_position=source_position(request, root),
        extra=_extra(request, root),
    )


def _refuse_unsupported(request: Any) -> None:
    unsupported = {
        "a remote component": request.remote,
        "the option transforms": request.transforms,
        "the option hooks": request.hooks.ByteSize() > 0,
        "the option replaceWith": request.replace_with,
        "the option replacementTrigger": request.HasField("replacement_trigger"),
        "the option envVarMappings": request.envVarMappings,
        "a state migration": request.state_migrations,
        "a parameterized package": request.packageRef,
    }
    for what, used in unsupported.items():
        if used:
            raise EngineError(
                f"{request.type} {request.name} uses {what}, which the embedded engine does not implement; "
                f"install the Pulumi CLI, or leave it out"
            )


def _property_dependencies(request: Any, properties: Properties) -> dict[str, list[str]]:
    if not request.propertyDependencies:
        return {key: sorted(set(request.dependencies)) for key in properties}
    return {key: sorted(set(entry.urns)) for key, entry in request.propertyDependencies.items()}


def _timeouts(timeouts: Any) -> dict[str, float]:
    named = {kind: getattr(timeouts, kind) for kind in ("create", "update", "delete")}
    return {kind: _seconds(text) for kind, text in named.items() if text}


def _seconds(text: str) -> float:
    """A Go duration such as `1h30m` in seconds."""
    parts = _DURATION.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise EngineError(f"{text!r} is not a duration for customTimeouts; write one like 90s, 5m or 1h30m")
    return sum(float(number) * _UNITS[unit] for number, unit in parts)


def _alias(message: Any) -> Alias:
    if message.WhichOneof("alias") == "urn":
        return Alias(urn=message.urn)
    spec = message.spec
    return Alias(
        name=spec.name or None,
        type=spec.type or None,
        stack=spec.stack or None,
        project=spec.project or None,
        parent=spec.parentUrn or None,
        no_parent=spec.noParent,
    )


def source_position(request: Any, root: Path) -> str:
    return _position(request.sourcePosition, root)


def _position(position: Any, root: Path) -> str:
    """`project:///<path below the root>#<line>[,<column>]`, or empty for a place outside of the project."""
    path = _relative(position.uri, root) if position.uri else None
    if path is None:
        return ""
    column = f",{position.column}" if position.column else ""
    return f"project:///{path}#{position.line}{column}"


@cache
def _relative(uri: str, root: Path) -> str | None:
    path = Path(unquote(urlparse(uri).path))
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else None


def _extra(request: Any, root: Path) -> dict[str, Value]:
    extra: dict[str, Value] = {}
    frames = [position for frame in request.stackTrace.frames if (position := _position(frame.pc, root))]
    if frames:
        extra["stackTrace"] = [{"sourcePosition": position} for position in frames]
    if request.hideDiffs:
        extra["hideDiff"] = list(request.hideDiffs)
    return extra
