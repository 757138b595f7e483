"""The database's part of a comparison alone, as peers do it: `python -m bench.database_gap FIRST SECOND`.

The arguments are connection strings of the sandbox. Prints one line for each difference.
"""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from comparison.rows import rows
from provider.postgres.catalog import Catalog
from provider.postgres.session import Session
from provider.postgres.survey import surveyed
from provider.schema.snapshot import Snapshot
from provider.target import Target


def main() -> None:
    """Read both, compare, and print."""
    with ThreadPoolExecutor() as pool:
        first, second = pool.map(_snapshot, sys.argv[1:3])
    sys.stdout.writelines(f"{row.sign} {row.kind} {row.name}\n" for row in rows(first, second))


def _snapshot(url: str) -> Snapshot:
    session = Session(_target(url))
    try:
        objects = surveyed(Catalog(session))
    finally:
        session.close()
    return Snapshot(environment=urlsplit(url).path, project="", taken="", objects=objects)


def _target(url: str) -> Target:
    with psycopg.connect(url) as connection:
        found = connection.execute("SELECT current_setting('app.settings.project_ref')").fetchone()
    assert found
    return Target(
        kind="sandbox",
        environment="bench",
        project_ref=found[0],
        database_url=url,
        landmark="auth.users",
        printed=Path(),
        scratch=False,
    )


if __name__ == "__main__":
    main()
