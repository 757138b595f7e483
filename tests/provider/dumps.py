"""A database as pg_dump tells it: an observer that shares no query with the provider."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence

from psycopg.conninfo import conninfo_to_dict

from sandbox import databases, installation
from sandbox.cluster import Cluster


def dump(cluster: Cluster, target: databases.Target, *, without: Sequence[str] = ()) -> str:
    """The schema in one canonical order: of objects, and of an object's grants, but never of columns.

    `without` names schemas that are left out.
    """
    parts = conninfo_to_dict(target.database_url)
    done = subprocess.run(
        [
            installation.find(cluster.layout).bin / "pg_dump",
            "--schema-only",
            *(f"--exclude-schema={name}" for name in without),
        ],
        env={
            "PGHOST": str(parts["host"]),
            "PGPORT": str(parts["port"]),
            "PGUSER": str(parts["user"]),
            "PGPASSWORD": str(parts["password"]),
            "PGDATABASE": str(parts["dbname"]),
        },
        capture_output=True,
        check=True,
        text=True,
    )
    return "\n".join(sorted(_objects(done.stdout)))


def _objects(text: str) -> Iterator[str]:
    """Each object's entry; the preamble and the settings between entries are left out."""
    for entry in text.split("--\n-- Name: ")[1:]:
        lines = [line for line in entry.splitlines() if line and not line.startswith(("SET default_", "\\"))]
        heading, *body = [line for line in lines if line != "--" and not line.startswith("-- PostgreSQL")]
        grants = "; Type: ACL;" in heading or "; Type: DEFAULT ACL;" in heading
        yield "\n".join(["", heading, *(sorted(body) if grants else body)])
