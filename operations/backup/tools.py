"""The programs of Postgres, run with the password in their environment and nowhere else."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from operations.errors import OperationError
from sandbox import installation

_MAJOR = re.compile(r"\(PostgreSQL\) (\d+)")


def folder(major: int) -> Path:
    """The folder of the programs for a server's major version: one reads what it knows, and no more."""
    found = {place: _major_of(place) for place in _places()}
    for place, known in found.items():
        if known == major:
            return place
    have = ", ".join(sorted({str(known) for known in found.values() if known})) or "none"
    raise OperationError(
        f"the server is Postgres {major}, and pg_dump at hand is of {have}; "
        f"install the client programs of Postgres {major} and put them on the PATH"
    )


def run(program: Path, url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """What a program did on a database; whether that is well is for the caller to say."""
    parts = conninfo_to_dict(url)
    password = parts.pop("password", None)
    # A message in another language could not be told from others.
    environment = {**os.environ, "LC_ALL": "C"} | ({"PGPASSWORD": str(password)} if password else {})
    return subprocess.run(
        [program, f"--dbname={make_conninfo('', **parts)}", "--no-password", *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def load(programs: Path, url: str, dump: Path) -> str:
    """Run a plain dump on an empty database; why psql gave up, and nothing where it came to the end."""
    options = ("--no-psqlrc", "--quiet", f"--file={dump}", "--output=/dev/null")
    done = run(programs / "psql", url, *options)
    return first_line(done.stderr) if done.returncode else ""


def first_line(said: str) -> str:
    """What a program said first, without its own name."""
    return re.sub(r"^(pg_dump|psql): ", "", next(iter(said.strip().splitlines()), "it said nothing"))


def _places() -> Iterator[Path]:
    yield installation.programs()
    if named := shutil.which("pg_dump"):
        yield Path(named).parent


def _major_of(place: Path) -> int | None:
    try:
        told = subprocess.run([place / "pg_dump", "--version"], capture_output=True, text=True, check=False)
    except OSError:
        return None
    found = _MAJOR.search(told.stdout)
    return int(found[1]) if found else None
