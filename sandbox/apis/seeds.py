"""What each project holds before anybody has deployed to it."""

from __future__ import annotations

import secrets
import uuid
from datetime import datetime
from pathlib import Path

import msgspec
import yaml

from sandbox.apis.projects import Files, Function, Project, Projects, Secret, Source, milliseconds
from sandbox.layout import PROJECT

SEEDS = Path(__file__).parent.parent / "seed" / "apis"
FUNCTIONS = PROJECT / "functions"
ENTRYPOINT = "index.ts"
IMPORT_MAP = "deno.json"
STRIPE_KEY = "STRIPE_SECRET_KEY"


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
    config: dict[str, str]
    functions: dict[str, SeededFunction]
    untold: frozenset[str]
    """Those whose code nobody has told; of the others it is this repository's."""
    secrets: dict[str, str] = {}


def as_built(projects: Projects, environment: str, ref: str, stripe_key: str) -> Project:
    """An environment as it was found, under a ref, with the key of its account at Stripe."""
    text = (SEEDS / f"{environment}.yaml").read_text("utf-8").replace("KEY_AT_STRIPE", stripe_key)
    seed = msgspec.convert(yaml.safe_load(text), Seed)
    since = int(seed.since.timestamp() * 1000)
    return Project(
        ref=ref,
        name=seed.name,
        region=seed.region,
        created_at=since,
        jwt_secret=seed.jwt_secret,
        config=seed.config,
        secrets={name: Secret(value, since) for name, value in seed.secrets.items()},
        functions={
            slug: Function(
                # The same in every sandbox, as the rest of a seed is.
                id=str(uuid.uuid5(uuid.NAMESPACE_URL, f"{environment}/{slug}")),
                slug=slug,
                name=slug,
                version=found.version,
                created_at=since,
                updated_at=since,
                source=_source(projects, slug, found, untold=slug in seed.untold),
            )
            for slug, found in seed.functions.items()
        },
    )


def copied(projects: Projects, source: str, ref: str, stripe_key: str) -> Project:
    """Another project as it is now, under a ref of its own and with the key of its own account at Stripe."""
    original = projects.read(source)
    if original is None:
        return blank(ref)
    secrets = dict(original.secrets)
    if known := secrets.get(STRIPE_KEY):
        secrets[STRIPE_KEY] = Secret(stripe_key, known.updated_at)
    return msgspec.structs.replace(original, ref=ref, secrets=secrets)


def blank(ref: str) -> Project:
    """A new project."""
    return Project(
        ref=ref,
        name=ref,
        region="us-east-1",
        created_at=milliseconds(),
        jwt_secret=secrets.token_urlsafe(32),
    )


def _source(projects: Projects, slug: str, found: SeededFunction, *, untold: bool) -> Source:
    if untold:
        bundle = projects.keep({ENTRYPOINT: (SEEDS / "as_found.ts").read_bytes()})
        return Source(entrypoint_path=ENTRYPOINT, verify_jwt=found.verify_jwt, bundle=bundle)
    return Source(
        entrypoint_path=f"{slug}/{ENTRYPOINT}",
        import_map_path=IMPORT_MAP,
        verify_jwt=found.verify_jwt,
        bundle=projects.keep(_files(slug)),
    )


def _files(slug: str) -> Files:
    """What is deployed of a function: all but its tests."""
    folders = (FUNCTIONS / slug, FUNCTIONS / "_shared")
    found = [path for folder in folders for path in folder.rglob("*.ts") if not path.stem.endswith("_test")]
    return {
        path.relative_to(FUNCTIONS).as_posix(): path.read_bytes()
        for path in sorted([*found, FUNCTIONS / IMPORT_MAP])
    }
