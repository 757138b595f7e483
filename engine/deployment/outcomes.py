"""How a deployment's work ends other than well."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.values import Properties


class ResourceError(Exception):
    """A resource's step could not be done; the text is shown under that resource."""


class ProtectedError(ResourceError):
    """A protected resource was to be deleted; what does not concern it goes on."""


@dataclass
class InitError(Exception):
    """The provider made or changed the object, which then did not become healthy."""

    id: str
    properties: Properties
    reasons: list[str] = field(default_factory=list)
    inputs: Properties | None = None

    def __str__(self) -> str:
        errors = "1 error" if len(self.reasons) == 1 else f"{len(self.reasons)} errors"
        return f"{errors} occurred:\n" + "\n".join(f"    * {reason}" for reason in self.reasons)


class HaltedError(Exception):
    """The run ends here: something failed or was interrupted, and was already reported."""
