"""What each project holds before anybody has deployed to it."""

from __future__ import annotations

import secrets
import uuid
from datetime import datetime
from pathlib import Path

import msgspec
import yaml

from sandbox.apis.projects import Function, Project, Projects, Source, milliseconds

SEEDS = Path(__file__).parent.parent / "seed" / "apis"
ENTRYPOINT = "index.ts"


class SeededFunction(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A function as it was found."""

    version: int
    verify_jwt: bool = True


class Seed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An environment's functions as they were found."""

    name: str
    region: str
    since: datetime
    jwt_secret: str
    functions: dict[str, SeededFunction]


def as_built(projects: Projects, environment: str, ref: str) -> Project:
    """An environment as it was found, under a ref."""
    seed = msgspec.convert(yaml.safe_load((SEEDS / f"{environment}.yaml").read_bytes()), Seed)
    since = int(seed.since.timestamp() * 1000)
    return Project(
        ref=ref,
        name=seed.name,
        region=seed.region,
        created_at=since,
        jwt_secret=seed.jwt_secret,
        functions={
            slug: Function(
                # The same in every sandbox, as the rest of a seed is.
                id=str(uuid.uuid5(uuid.NAMESPACE_URL, f"{environment}/{slug}")),
                slug=slug,
                name=slug,
                version=found.version,
                created_at=since,
                updated_at=since,
                source=_source(projects, found),
            )
            for slug, found in seed.functions.items()
        },
    )


def copied(projects: Projects, source: str, ref: str) -> Project:
    """Another project as it is now, under a ref of its own."""
    original = projects.read(source)
    return msgspec.structs.replace(original, ref=ref) if original else blank(ref)


def blank(ref: str) -> Project:
    """A new project."""
    return Project(
        ref=ref,
        name=ref,
        region="us-east-1",
        created_at=milliseconds(),
        jwt_secret=secrets.token_urlsafe(32),
    )


def _source(projects: Projects, found: SeededFunction) -> Source:
    bundle = projects.keep({ENTRYPOINT: (SEEDS / "as_found.ts").read_bytes()})
    return Source(entrypoint_path=ENTRYPOINT, verify_jwt=found.verify_jwt, bundle=bundle)
