"""The shapes of what a Supabase project serves beside its database."""

from __future__ import annotations

from typing import Annotated, ClassVar

import msgspec

from provider.schema.shape import Absence, Shape

Slug = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z][A-Za-z0-9_-]*$")]

RESERVED = "SUPABASE_"
SecretName = Annotated[str, msgspec.Meta(min_length=1, max_length=256, pattern=rf"^(?!{RESERVED})")]
"""Supabase sets the names that begin like its own, and refuses others'."""

SecretValue = Annotated[str, msgspec.Meta(max_length=24_576)]


class Function(Shape, frozen=True, kw_only=True):
    """An edge function as it is deployed."""

    token: ClassVar[str] = "voip:supabase:Function"
    outputs: ClassVar[tuple[str, ...]] = ("deployed",)

    slug: Slug
    bundle: str | None = None
    """The digest of its files. Where none is declared, the function stays as it was found."""
    entrypoint: str | None = None
    import_map: str | None = None
    verify_jwt: bool | None = None
    """Whether the platform refuses requests without a user's token; a live one that isn't told is None."""
    deployed: str | None = None
    """What the platform calls the version that is live. Never declared; another one means another bundle."""

    @property
    def id(self) -> str:
        return self.slug


class Secret(Shape, frozen=True, kw_only=True):
    """A name and a value that every function of the project finds in its environment."""

    token: ClassVar[str] = "voip:supabase:Secret"
    outputs: ClassVar[tuple[str, ...]] = ("digest",)
    confidential: ClassVar[frozenset[str]] = frozenset({"value"})

    name: SecretName
    value: SecretValue | list[SecretValue] | None = None
    """What another resource makes; several are joined by commas. Never read back. Where nothing is known of
    it, a secret that is set stays as it was found."""
    config: str | None = None
    """The key of the provider's config that has the value, which then is in no plan and no state."""
    digest: str | None = None
    """What the platform tells of the value: its SHA-256. Never declared."""

    @property
    def id(self) -> str:
        return self.name


class Retirement(Absence, frozen=True, kw_only=True):
    """Functions and secrets declared absent: some out of use, then the others deleted in the order given."""

    token: ClassVar[str] = "voip:supabase:Retirement"

    out_of_use: list[str] = msgspec.field(default_factory=list)
    """Slugs of functions in whose place, where they are served, a stub tells callers to try again."""
