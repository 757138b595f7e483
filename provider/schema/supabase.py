"""The shapes of what a Supabase project serves beside its database."""

from __future__ import annotations

from typing import Annotated, ClassVar

import msgspec

from provider.schema.shape import Shape

Slug = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z][A-Za-z0-9_-]*$")]

SecretName = Annotated[str, msgspec.Meta(min_length=1, max_length=256, pattern=r"^(?!SUPABASE_)")]
"""Supabase sets the names that begin like its own, and refuses others'."""

SecretValue = Annotated[str, msgspec.Meta(min_length=1, max_length=24_576)]


class Function(Shape, frozen=True, kw_only=True):
    """An edge function as it is deployed."""

    token: ClassVar[str] = "voip:supabase:Function"

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
    confidential: ClassVar[frozenset[str]] = frozenset({"value"})

    name: SecretName
    value: SecretValue | None = None
    """Declared and never read back."""
    digest: str | None = None
    """What the platform tells of the value: its SHA-256. Never declared."""

    @property
    def id(self) -> str:
        return self.name


class Retirement(Shape, frozen=True, kw_only=True):
    """Functions and secrets declared absent, deleted in the order given."""

    token: ClassVar[str] = "voip:supabase:Retirement"

    name: str
    absent: list[str]
    """`<token>::<id>` of each."""

    @property
    def id(self) -> str:
        return self.name
