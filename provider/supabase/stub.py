"""What stands in for a function that is out of use: it answers 503, and whoever asks tries again later."""

from __future__ import annotations

from pathlib import Path

from provider.schema.bundle import ENTRYPOINT, Files, digest
from provider.supabase.management import LiveFunction, Management

FILE = "stub.ts"


def files(sources: Path) -> Files:
    """The stub in the folder of all functions, as it is deployed."""
    return {ENTRYPOINT: (sources / FILE).read_bytes()}


def is_stub(bundle: str | None, sources: Path) -> bool:
    """Whether a function's digest is the stub's, if the project has one."""
    return bundle is not None and (sources / FILE).is_file() and bundle == digest(files(sources))


def put(management: Management, served: LiveFunction, sources: Path) -> LiveFunction:
    """Deploy it in a function's place; who may call that stays as it was."""
    return management.deploy(
        served.slug,
        files(sources),
        entrypoint=ENTRYPOINT,
        import_map=None,
        verify_jwt=served.verify_jwt is not False,
    )
