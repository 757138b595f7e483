"""Rows that were lost or damaged, from the CSV of a backup."""

from __future__ import annotations

import argparse
import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
from psycopg import sql

from components.archive import Archive
from operations.backup.database import EXPORTED
from operations.errors import OperationError
from operations.pulumi import stack_config
from operations.target import live
from provider.postgres.compose import declared
from settings import load_settings

TABLES = EXPORTED

# A user who is gone took the profile along.
_POSSIBLE = {"profiles": sql.SQL("EXISTS (SELECT FROM auth.users AS u WHERE u.id = b.id::uuid)")}

_COLUMNS = """
SELECT a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid)
FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attrelid = to_regclass(%s) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
"""
_KEY = """
SELECT a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
WHERE i.indrelid = to_regclass(%s) AND i.indisprimary ORDER BY array_position(i.indkey, a.attnum)
"""

_PINS = "SET LOCAL lock_timeout = '3s'; SET LOCAL row_security = off; SET LOCAL timezone = 'UTC'"

Connection = psycopg.Connection[tuple[Any, ...]]


class Column(NamedTuple):
    """A column that both the table and the backup have."""

    name: str
    type: str
    required: bool
    default: str | None

    @property
    def value(self) -> sql.Composable:
        """What the backup says, as a value of the column; what it may not hold any more is the default."""
        given = sql.SQL("b.{}::{}").format(sql.Identifier(self.name), declared(self.type))
        if self.required and self.default is not None:
            return sql.SQL("coalesce({}, {})").format(given, declared(self.default))
        return given


@dataclass(frozen=True)
class Restored:
    """What became, or would become, of a backup's rows."""

    held: int
    missing: int
    """Rows of the backup that the table lacks."""
    different: int
    orphaned: int
    """Rows that can't come back, since what they belong to is gone."""
    without: Sequence[str]
    """Columns of the backup that the table does not have."""


def options(parser: argparse.ArgumentParser) -> None:
    """Of its command line."""
    parser.add_argument("table", choices=TABLES)
    parser.add_argument("--backup", help="its folder's name, of another than the last one")
    parser.add_argument("--overwrite", action="store_true", help="also rows that are different now")
    parser.add_argument("--apply", action="store_true", help="do what is shown")
    parser.add_argument("--stack", required=True)
    parser.set_defaults(
        run=lambda options: rows(
            options.stack,
            options.table,
            backup=options.backup,
            overwrite=options.overwrite,
            apply=options.apply,
        )
    )


def rows(stack: str, table: str, *, backup: str | None, overwrite: bool, apply: bool) -> str:
    """Show what a backup would bring back to a table of a stack's target, and with `apply` do so."""
    settings = load_settings(config := stack_config(stack))
    with live(config) as planes:
        planes.verify()
        archive = Archive(Path(settings.backup_folder), settings.environment)
        file = _file(archive, table, backup)
        with psycopg.connect(planes.target.database_url, connect_timeout=10) as connection:
            found = restore(connection, table, file, overwrite=overwrite, apply=apply)
    return told(found, file, overwrite=overwrite, apply=apply)


def restore(connection: Connection, table: str, file: Path, *, overwrite: bool, apply: bool) -> Restored:
    """Bring back the rows that the table lacks, and with `overwrite` those that are not as they were.

    One transaction, so that nobody sees half of it; without `apply` it is rolled back.
    """
    with connection.transaction(force_rollback=not apply):
        connection.execute(_PINS)
        header, held = _load(connection, file)
        columns, key = _shape(connection, table, header)
        parts = _parts(table, columns, key)
        counts = {name: connection.execute(sql.SQL(_COUNTS[name]).format(**parts)) for name in _COUNTS}
        ((missing,), (different,), (orphaned,)) = (cursor.fetchall()[0] for cursor in counts.values())
        connection.execute(sql.SQL(_INSERT).format(**parts))
        if overwrite and different:
            connection.execute(sql.SQL(_UPDATE).format(**parts))
    without = [name for name in header if name not in {column.name for column in columns}]
    return Restored(held, missing, different, orphaned, without)


def told(found: Restored, file: Path, *, overwrite: bool, apply: bool) -> str:
    """What was found and done, for people."""
    brought = "brought back" if apply else "to be brought back (add --apply)"
    overwritten = "overwritten" if apply else "to be overwritten"
    differing = overwritten if overwrite else "left alone (see --overwrite)"
    lines = [
        f"{file} holds {found.held} rows.",
        f"  {found.missing} that the table lacks: {brought}",
        f"  {found.different} that are different now: {differing}",
    ]
    if found.orphaned:
        lines.append(f"  {found.orphaned} whose user is gone: left out")
    if found.without:
        lines.append(f"  not in the table any more, and left out: {', '.join(found.without)}")
    return "\n".join(lines)


_COUNTS = {
    "missing": "SELECT count(*) FROM backup AS b WHERE {absent} AND {possible}",
    "different": "SELECT count(*) FROM backup AS b JOIN {table} AS t ON {same} WHERE {differs}",
    "orphaned": "SELECT count(*) FROM backup AS b WHERE {absent} AND NOT {possible}",
}
_INSERT = "INSERT INTO {table} ({names}) SELECT {values} FROM backup AS b WHERE {absent} AND {possible}"
_UPDATE = "UPDATE {table} AS t SET ({names}) = ROW ({values}) FROM backup AS b WHERE {same} AND {differs}"


def _parts(table: str, columns: Sequence[Column], key: Sequence[str]) -> Mapping[str, sql.Composable]:
    name = sql.Identifier("public", table)
    names = sql.SQL(", ").join(sql.Identifier(column.name) for column in columns)
    values = sql.SQL(", ").join(column.value for column in columns)
    same = sql.SQL(" AND ").join(
        sql.SQL("t.{} = {}").format(sql.Identifier(column.name), column.value)
        for column in columns
        if column.name in key
    )
    ours = sql.SQL(", ").join(sql.SQL("t.{}").format(sql.Identifier(column.name)) for column in columns)
    return {
        "table": name,
        "names": names,
        "values": values,
        "same": same,
        "absent": sql.SQL("NOT EXISTS (SELECT FROM {} AS t WHERE {})").format(name, same),
        "differs": sql.SQL("ROW ({}) IS DISTINCT FROM ROW ({})").format(ours, values),
        "possible": _POSSIBLE.get(table, sql.SQL("true")),
    }


def _load(connection: Connection, file: Path) -> tuple[list[str], int]:
    """The backup as a table of texts; returns its columns and how many rows it has."""
    with file.open(encoding="utf-8", newline="") as text:
        header = next(csv.reader(text), [])
    columns = sql.SQL(", ").join(sql.SQL("{} text").format(sql.Identifier(name)) for name in header)
    connection.execute(sql.SQL("CREATE TEMPORARY TABLE backup ({}) ON COMMIT DROP").format(columns))
    copying = sql.SQL("COPY backup FROM STDIN (FORMAT csv, HEADER MATCH)")
    with connection.cursor() as cursor, file.open("rb") as data:
        with cursor.copy(copying) as copy:
            while chunk := data.read(1 << 20):
                copy.write(chunk)
        return header, cursor.rowcount


def _shape(connection: Connection, table: str, header: Sequence[str]) -> tuple[list[Column], list[str]]:
    name = f"public.{table}"
    columns = [Column(*row) for row in connection.execute(_COLUMNS, [name]) if row[0] in header]
    key = [column for (column,) in connection.execute(_KEY, [name])]
    if not key or not set(key) <= set(header):
        raise OperationError(
            f"{name} is not there, or has no key that tells its rows; bring it back with `pulumi up` first"
        )
    return columns, key


def _file(archive: Archive, table: str, backup: str | None) -> Path:
    taken = archive.all("database")
    chosen = [each for each in taken if backup in {None, each.folder.name}]
    if not chosen:
        names = ", ".join(each.folder.name for each in taken) or "none"
        raise OperationError(f"there is no backup {backup or 'of the database'}; there are {names}")
    if damaged := chosen[0].damage():
        raise OperationError(f"the backup is damaged ({damaged}); name another with --backup")
    file = chosen[0].folder / f"{archive.environment}_{table}.csv"
    if not file.is_file():
        raise OperationError(f"{chosen[0].folder} holds no {table}; name another backup with --backup")
    return file
