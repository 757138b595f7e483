"""Snapshots: taken of a stack's target, kept in a file, read again."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from operations import access
from operations.compare.knowledge import references
from operations.errors import OperationError
from operations.migrations import all_declared
from operations.pulumi import stack_config
from operations.target import live
from provider.schema.snapshot import Snapshot
from provider.survey import fingerprint


def snapshot_of(place: str, *, tried: bool = False, hosted: bool = False) -> Snapshot:
    """What a place holds: a stack's target as it is now, or a file as it was stored."""
    if Path(place).is_file():
        return load(Path(place))
    with live(stack_config(place)) as planes:
        taken = planes.survey(references(all_declared()))
    if not tried:
        return taken
    table = access.read(place, hosted=hosted)
    told = [(*cell, outcome) for cell, outcome in sorted(table.items())]
    with_access = msgspec.structs.replace(taken, access=told)
    return msgspec.structs.replace(with_access, fingerprint=fingerprint(with_access))


def store(snapshot: Snapshot, path: Path) -> None:
    """Keep a snapshot, readable by its owner alone: digests of short secrets can be guessed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(snapshot), indent=1) + b"\n")


def load(path: Path) -> Snapshot:
    """A snapshot that was stored, and not changed since."""
    try:
        stored = msgspec.json.decode(path.read_bytes(), type=Snapshot)
    except (OSError, msgspec.DecodeError) as error:
        raise OperationError(
            f"{path} is no snapshot ({error}); make one with "
            f"`python -m operations compare STACK --snapshot {path}`"
        ) from None
    if (found := fingerprint(stored)) != stored.fingerprint:
        raise OperationError(
            f"{path} tells the fingerprint {stored.fingerprint} and has {found}, so it was changed by hand; "
            "take another snapshot"
        )
    return stored
