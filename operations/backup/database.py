"""The database, dumped with its most important tables beside it, all of one snapshot."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import psycopg
from psycopg import IsolationLevel, sql
from psycopg.conninfo import make_conninfo

from components.lerg import ENHANCED_LERG, LERG_CODES, reference_rows
from operations.backup import tools
from operations.errors import OperationError
from provider.target import Target
from sandbox import lifecycle
from sandbox.cluster import OWNER

REFERENCE = "staging_enhanced_lerg.csv"
"""The area codes as staging holds them, which a recovery of LERG starts from."""

EXPORTED = ("profiles", LERG_CODES.name, ENHANCED_LERG.name)

_LOCK_WAIT = "10s"
_PINS = b"SET timezone = 'UTC'; SET datestyle = 'ISO, YMD'; SET row_security = off; SET search_path = ''"

# What an extension holds is its own, and comes with it.
_TABLES = b"""
SELECT n.nspname, c.relname
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND c.relpersistence = 'p'
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND NOT EXISTS (
    SELECT FROM pg_catalog.pg_depend d
    WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid AND d.deptype = 'e'
  )
ORDER BY 1, 2
"""
# The same whatever order the rows come in, and without keeping them.
_CHECKSUM = sql.SQL(
    "SELECT count(*), coalesce(sum(pg_catalog.hashtextextended(t::text, 0)::numeric), 0)::text FROM {} AS t"
)
# Of a killed backup: while a scratch database is used, the connection that has made it bears its name.
_LEFT_BEHIND = b"""
SELECT d.datname FROM pg_catalog.pg_database AS d
WHERE starts_with(d.datname, 'restored_') AND d.datdba = current_user::pg_catalog.regrole
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_activity AS a WHERE a.application_name = d.datname)
"""

Connection = psycopg.Connection[tuple[Any, ...]]


class Rows(NamedTuple):
    """A table's rows, as far as they can be told from others."""

    number: int
    checksum: str


class Held(NamedTuple):
    """What a database holds."""

    tables: Mapping[str, Rows]
    objects: frozenset[str]
    """Each object of `public`, and what hangs on `auth.users`, as pg_dump tells it."""


def take(target: Target, folder: Path) -> dict[str, int]:
    """Write the dump and the tables, and restore them; returns what came back as it is live."""
    with _connected(target.database_url) as connection, connection.transaction():
        programs = tools.folder(connection.info.server_version // 10_000)
        (snapshot,) = _one(connection, b"SELECT pg_catalog.pg_export_snapshot()")
        dump = folder / f"{target.environment}_backup_pre_migration.sql"
        _dump(programs, target.database_url, f"--snapshot={snapshot}", f"--file={dump}")
        exported = _export(connection, folder, target.environment)
        held = _held(connection, programs, target.database_url, f"--snapshot={snapshot}")
    with _scratch(target) as scratch:
        _restore(programs, scratch, dump)
        _compare(held, scratch, programs)
        _compare_exports(held, scratch, exported)
    return {
        "objects": len(held.objects),
        "tables": len(held.tables),
        "rows": sum(rows.number for rows in held.tables.values()),
        "tables as CSV": len(exported),
    }


def _export(connection: Connection, folder: Path, environment: str) -> dict[str, Path]:
    """Each of the most important tables that is there, in a file of its own."""
    exported = {}
    with (folder / REFERENCE).open("w", encoding="utf-8", newline="") as file:
        _write_reference(file)
    for name in EXPORTED:
        if _one(connection, b"SELECT pg_catalog.to_regclass(%s) IS NOT NULL", f"public.{name}")[0]:
            exported[name] = folder / f"{environment}_{name}.csv"
            query = sql.SQL("COPY (SELECT * FROM {} ORDER BY 1) TO STDOUT (FORMAT csv, HEADER)").format(
                sql.Identifier("public", name)
            )
            with exported[name].open("wb") as out, connection.cursor().copy(query) as copy:
                out.writelines(copy)
    return exported


def _write_reference(file: Any) -> None:
    columns = [name for name in ENHANCED_LERG.columns if name not in {"created_at", "updated_at"}]
    writer = csv.DictWriter(file, columns, lineterminator="\n", restval="true")
    writer.writeheader()
    writer.writerows(json.loads(row) for row in reference_rows().values())


def _held(connection: Connection, programs: Path, url: str, *snapshot: str) -> Held:
    names = connection.execute(_TABLES).fetchall()
    rows = {f"{schema}.{name}": _rows(connection, schema, name) for schema, name in names}
    return Held(rows, frozenset(_objects(programs, url, *snapshot)))


def _rows(connection: Connection, schema: str, name: str) -> Rows:
    return Rows(*_one(connection, _CHECKSUM.format(sql.Identifier(schema, name))))


def _objects(programs: Path, url: str, *snapshot: str) -> Iterator[str]:
    """Owners and grants are told of `public` alone: elsewhere the scratch server has other owners."""
    ours = ("--schema=public",)
    users = ("--table=auth.users", "--no-owner", "--no-acl")
    for which in (ours, users):
        text = _dump(programs, url, "--schema-only", *which, *snapshot)
        for entry in text.split("--\n-- Name: ")[1:]:
            heading, _, body = entry.partition("\n")
            # Default privileges of roles that are not ours can't be set there.
            if "; Type: DEFAULT ACL;" not in heading:
                lines = (line for line in body.splitlines() if not line.startswith(("--", "SET ", "\\")))
                yield f"{heading}\n" + "\n".join(sorted(filter(None, lines)))


def _compare(held: Held, scratch: str, programs: Path) -> None:
    with _connected(scratch) as connection:
        restored = _held(connection, programs, scratch)
    for name, rows in held.tables.items():
        if (found := restored.tables.get(name)) != rows:
            raise OperationError(
                f"the backup did not bring {name} back: it has {rows.number} rows and was restored with "
                f"{'none' if found is None else found.number}, or with others; nothing was kept of the backup"
            )
    if missing := sorted(held.objects - restored.objects):
        raise OperationError(
            f"the backup did not bring {len(missing)} objects back as they are, first "
            f"{missing[0].splitlines()[0]}; nothing was kept of the backup"
        )


def _compare_exports(held: Held, scratch: str, exported: Mapping[str, Path]) -> None:
    with _connected(scratch, read_only=False) as connection:
        for name, path in exported.items():
            copied = sql.Identifier(f"copied_{name}")
            connection.execute(
                sql.SQL("CREATE TEMPORARY TABLE {} (LIKE {})").format(copied, sql.Identifier("public", name))
            )
            load = sql.SQL("COPY {} FROM STDIN (FORMAT csv, HEADER MATCH)").format(copied)
            with path.open("rb") as file, connection.cursor().copy(load) as copy:
                while chunk := file.read(1 << 20):
                    copy.write(chunk)
            if Rows(*_one(connection, _CHECKSUM.format(copied))) != held.tables[f"public.{name}"]:
                raise OperationError(
                    f"{path.name} did not bring its rows back; nothing was kept of the backup"
                )


def _restore(programs: Path, scratch: str, dump: Path) -> None:
    """What the scratch server has no right or no extension for is left out: the comparison decides."""
    if told := tools.load(programs, scratch, dump):
        raise OperationError(f"the backup can't be restored: {told}")


@contextmanager
def _scratch(target: Target) -> Iterator[str]:
    """An empty database in the sandbox, whatever the target is; gone again at the end."""
    server = target.database_url if target.kind == "sandbox" else lifecycle.running().url(OWNER, "postgres")
    name = f"restored_{os.getpid()}_{uuid4().hex[:16]}"
    with psycopg.connect(server, autocommit=True, connect_timeout=10, application_name=name) as connection:
        for (left,) in connection.execute(_LEFT_BEHIND).fetchall():
            _drop(connection, left)
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
        try:
            yield make_conninfo(server, dbname=name)
        finally:
            _drop(connection, name)


def _drop(connection: Connection, name: str) -> None:
    connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _dump(programs: Path, url: str, *arguments: str) -> str:
    done = tools.run(programs / "pg_dump", url, f"--lock-wait-timeout={_LOCK_WAIT}", *arguments)
    if done.returncode:
        raise OperationError(
            f"pg_dump failed: {tools.first_line(done.stderr)}; correct it and take the backup again"
        )
    return done.stdout


@contextmanager
def _connected(url: str, *, read_only: bool = True) -> Iterator[Connection]:
    with psycopg.connect(url, connect_timeout=10) as connection:
        connection.execute(_PINS)
        connection.commit()
        connection.read_only = read_only
        connection.isolation_level = IsolationLevel.REPEATABLE_READ
        yield connection


def _one(connection: Connection, query: bytes | sql.Composed, *values: object) -> tuple[Any, ...]:
    row = connection.execute(query, values or None).fetchone()
    assert row is not None
    return row
