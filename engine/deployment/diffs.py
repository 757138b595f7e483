"""What differs between a resource and its goal, and whether that replaces it."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine import paths
from engine.detail import diff_properties
from engine.values import Properties, strip_secrets

INIT_ERROR_KEY = "#initerror"
"""The path that stands for a resource that did not become healthy, in `replaceOnChanges`."""

REPLACE_SUFFIX = "-replace"
_OPPOSITE = {"add": "delete", "delete": "add", "update": "update"}


@dataclass(frozen=True)
class PropertyDiff:
    """One changed path: `kind` is add, delete or update, with `-replace` when it forces a replacement."""

    kind: str
    input_diff: bool = False

    @property
    def replaces(self) -> bool:
        return self.kind.endswith(REPLACE_SUFFIX)

    @property
    def bare_kind(self) -> str:
        return self.kind.removesuffix(REPLACE_SUFFIX)

    def replacing(self) -> PropertyDiff:
        return PropertyDiff(self.bare_kind + REPLACE_SUFFIX, self.input_diff)

    def inverted(self) -> PropertyDiff:
        suffix = REPLACE_SUFFIX if self.replaces else ""
        return PropertyDiff(_OPPOSITE[self.bare_kind] + suffix, self.input_diff)


@dataclass(frozen=True)
class Diff:
    """A provider's, or the engine's, answer."""

    changed: bool
    replace_keys: list[str] = field(default_factory=list)
    changed_keys: list[str] = field(default_factory=list)
    detailed: dict[str, PropertyDiff] | None = None
    delete_before_replace: bool = False
    known: bool = True
    """False when the provider left the decision to the engine."""

    @property
    def replaces(self) -> bool:
        return bool(self.replace_keys) or any(change.replaces for change in (self.detailed or {}).values())

    def inverted(self) -> Diff:
        """The same change seen from the other end."""
        detailed = self.detailed
        if detailed is not None:
            detailed = {path: change.inverted() for path, change in detailed.items()}
        return Diff(self.changed, self.replace_keys, self.changed_keys, detailed)

    def with_replace_on_changes(self, patterns: list[str], *, has_init_errors: bool) -> Diff:
        """Turn changes into replacements where the program asks for that."""
        if not patterns or not (self.changed or has_init_errors):
            return self
        parsed = [paths.parse(pattern) for pattern in patterns]

        def forces(path: str) -> bool:
            return any(paths.covers(pattern, paths.parse(path)) for pattern in parsed)

        keys = [*self.replace_keys]
        keys += [key for key in self.changed_keys if key not in keys and forces(key)]
        detailed = self.detailed
        if detailed is not None:
            detailed = {
                path: change.replacing() if forces(path) else change for path, change in detailed.items()
            }
        if has_init_errors and forces(INIT_ERROR_KEY):
            keys.append(INIT_ERROR_KEY)
            if detailed is not None:
                detailed[INIT_ERROR_KEY] = PropertyDiff("update").replacing()
        return Diff(self.changed or bool(keys), keys, self.changed_keys, detailed, self.delete_before_replace)


def compare(olds: Properties, news: Properties) -> Diff:
    """The engine's own comparison, where a provider leaves it to the engine."""
    changes = diff_properties(strip_secrets(olds), strip_secrets(news))
    detailed = {path: PropertyDiff(kind, True) for path, kind in changes.items()}
    keys = sorted({str(paths.parse(path)[0]) for path in changes})
    return Diff(bool(changes), changed_keys=keys, detailed=detailed or None)
