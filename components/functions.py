"""Edge functions, as each domain declares its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import pulumi

from components.declaration import Declaration, key_of
from provider.schema.bundle import ENTRYPOINT, IMPORT_MAP, Files, bundle, digest, shared_files
from provider.schema.supabase import Function, Secret

FOLDER = Path(__file__).resolve().parent.parent / "functions"

ALLOWED_ORIGINS = Secret(name="ALLOWED_ORIGINS", config="allowedOrigins")
JWT_SECRET = Secret(name="JWT_SECRET", config="jwtSecret")
LERG_API_KEY = Secret(name="LERG_API_KEY", config="lergApiKey")
SESSION_SECRET = Secret(name="SESSION_SECRET", config="sessionSecret")
STRIPE_SECRET_KEY = Secret(name="STRIPE_SECRET_KEY", config="stripeKey")

READ_BY_ALL = (ALLOWED_ORIGINS.name, JWT_SECRET.name)


class FunctionsError(pulumi.RunError):
    """A function that can't be declared; the message names it."""


@dataclass(frozen=True)
class Served:
    """One function, and the phase that deploys it."""

    slug: str
    since: int
    verify_jwt: bool = True
    """Whether the platform asks for a user's token before the function is asked."""
    reads: tuple[str, ...] = ()
    """The secrets without which it does not run, beside those that all functions read."""
    found: bool = False
    """Whether production serves an earlier version, whose code nobody has told."""
    until: int | None = None
    stub: bool = False
    """Whether it answers on the way back that it is out of use, rather than not at all."""

    @property
    def declaration(self) -> Declaration:
        """The function through all phases."""
        versions = {self.since: as_deployed(self.slug, verify_jwt=self.verify_jwt)}
        if self.found:
            versions[0] = Function(slug=self.slug)
        return Declaration(versions, self.until, stub=self.stub)


def served(objects: Iterable[Declaration], functions: Iterable[Served]) -> Iterator[Declaration]:
    """A domain's objects, then its functions, each after the secrets it reads and all that it may use."""
    declared = list(objects)
    yield from declared
    for function in functions:
        secrets = [key_of(Secret(name=name)) for name in (*READ_BY_ALL, *function.reads)]
        used = [each.key for each in declared if each.at(function.since) and each.until is None]
        yield replace(function.declaration, after=tuple(dict.fromkeys([*secrets, *used])))


@cache
def _shared() -> Files:
    return shared_files(FOLDER)


@cache
def as_deployed(slug: str, *, verify_jwt: bool) -> Function:
    """A function with the files that are in this repository."""
    files = bundle(FOLDER, slug, _shared())
    if not files:
        raise FunctionsError(f"functions/{slug}/{ENTRYPOINT} is not there; write it, or declare no {slug}")
    return Function(
        slug=slug,
        bundle=digest(files),
        entrypoint=f"{slug}/{ENTRYPOINT}",
        import_map=IMPORT_MAP,
        verify_jwt=verify_jwt,
    )
