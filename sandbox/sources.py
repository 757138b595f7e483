"""The files that a cluster is built from."""

from __future__ import annotations

import hashlib
from pathlib import Path

from sandbox.layout import PROJECT

BASE = Path(__file__).parent / "base"
SEED = Path(__file__).parent / "seed"
NPA_TABLE = PROJECT / "sql" / "data" / "enhanced_lerg.csv"
NPAS_MISSING_IN_PRODUCTION = PROJECT / "sql" / "data" / "production_missing_npas.txt"


def fingerprint() -> str:
    """Changes whenever a built cluster no longer is what a new one would be."""
    digest = hashlib.sha256()
    rows = [*SEED.rglob("*.csv"), NPA_TABLE, NPAS_MISSING_IN_PRODUCTION]
    functions = [path for path in (SEED / "apis").rglob("*") if path.is_file()]
    for path in sorted([*BASE.glob("*.sql"), *SEED.glob("*.sql"), *rows, *functions]):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()
