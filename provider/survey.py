"""One environment read whole, for people to compare: every plane, nothing written."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from provider.errors import ProviderError
from provider.postgres import survey as database
from provider.postgres.catalog import Catalog
from provider.schema.postgres import Rows
from provider.schema.snapshot import Snapshot
from provider.schema.supabase import Function, Secret
from provider.stripe import survey as payments
from provider.stripe.account import Account
from provider.supabase.management import LiveFunction, Management
from provider.target import Target

Objects = dict[str, dict[str, Any]]

PLATFORM_SECRETS = "SUPABASE_"
"""How the names begin that the platform sets itself, in each project to another value."""


def survey(
    target: Target, catalog: Catalog, management: Management, account: Account, declared: Sequence[Rows]
) -> Snapshot:
    """Read everything; the planes beside the database may refuse, which the snapshot tells."""
    objects = {**database.surveyed(catalog), **database.references(catalog, declared)}
    unread: dict[str, str] = {}
    beside: dict[str, Callable[[], Objects]] = {
        "functions": lambda: _project(management),
        "stripe": lambda: payments.surveyed(account, target.project_ref),
    }
    for plane, read in beside.items():
        try:
            objects |= read()
        except ProviderError as error:
            unread[plane] = str(error)
    taken = Snapshot(
        environment=target.environment,
        project=target.project_ref,
        taken=datetime.now(UTC).isoformat(timespec="seconds"),
        objects=dict(sorted(objects.items())),
        counts=dict(sorted(database.counts(catalog).items())),
        unread=unread,
    )
    return msgspec.structs.replace(taken, fingerprint=fingerprint(taken))


def fingerprint(snapshot: Snapshot) -> str:
    """A digest of what is compared: neither when nor by whom it was read, nor how many rows users have."""
    told = json.dumps([snapshot.objects, snapshot.access], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def _project(management: Management) -> Objects:
    functions = {
        f"{Function.token}::{slug}": _function(live) for slug, live in management.functions().items()
    }
    secrets = {
        f"{Secret.token}::{name}": {"digest": digest}
        for name, digest in management.secrets().items()
        if not name.startswith(PLATFORM_SECRETS)
    }
    return {**functions, **secrets}


def _function(live: LiveFunction) -> dict[str, Any]:
    return {
        "version": live.version,
        "status": live.status,
        "verifyJwt": live.verify_jwt,
        "entrypoint": live.entrypoint_path,
        "importMap": live.import_map_path,
        # Without a digest, only the version tells whether the files are the same.
        "files": live.ezbr_sha256,
    }
