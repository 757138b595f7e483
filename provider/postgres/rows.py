"""Reference rows."""

from __future__ import annotations

import json
from typing import Any

from psycopg import sql

from provider.differences import Difference, Sign
from provider.errors import ProviderError
from provider.postgres.catalog import Catalog
from provider.postgres.compose import listed
from provider.schema.postgres import Rows

_KEY = sql.SQL("""
SELECT a.attname FROM pg_index i
JOIN unnest(i.indkey::smallint[]) WITH ORDINALITY AS k(number, position) ON true
JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number
WHERE i.indisprimary AND i.indrelid = to_regclass(%(table)s)
ORDER BY k.position
""")


class RowsKind:
    """INSERT and UPDATE of declared rows, by primary key; rows of others are never touched."""

    shape = Rows

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def check(self, wanted: Rows) -> Rows:
        """The declared rows; each is one JSON object with the same columns."""
        shapes = {tuple(sorted(json.loads(row))) for row in wanted.rows.values()}
        if len(shapes) > 1:
            raise ProviderError(
                f"the rows of {wanted.id} declare different columns; declare the same in each"
            )
        return wanted

    def diff(self, live: Rows, wanted: Rows) -> list[Difference]:
        """Declared rows that are missing or hold something else in a declared column."""
        return [
            Difference(f"rows.{key}" if key.isidentifier() else f'rows["{key}"]', sign)
            for key, row in sorted(wanted.rows.items())
            if (sign := _sign(live.rows.get(key), row))
        ]

    def read(self, identifier: str, known: Rows | None) -> Rows | None:
        """The live rows with the columns that `known` declares, or with all."""
        schema, table = _names(identifier, known)
        key = self._key(identifier)
        if not key:
            return None
        columns = _columns(known)
        query = sql.SQL("SELECT to_jsonb(live) FROM {} AS live").format(sql.Identifier(schema, table))
        rows = (row for (row,) in self._catalog.session.query(query))
        overwrite = known.overwrite if known else False
        return Rows(
            schema=schema,
            table=table,
            rows={_key_of(row, key): _canonical(row, columns) for row in rows},
            overwrite=overwrite,
        )

    def create(self, wanted: Rows) -> Rows:
        """Insert the missing rows; a row that is there and differs is left as it is and refused."""
        return self.update(wanted, wanted)

    def update(self, live: Rows, wanted: Rows) -> Rows:
        """Insert missing rows; put changed ones back where the stack consents to it."""
        present = self.read(wanted.id, wanted)
        if present is None:
            raise ProviderError(f"the table {wanted.id} is not there or has no primary key; create it first")
        changed = [row for key, row in wanted.rows.items() if _sign(present.rows.get(key), row) == "update"]
        if changed and not wanted.overwrite:
            raise ProviderError(_changed_message(wanted, present))
        missing = [row for key, row in wanted.rows.items() if key not in present.rows]
        key = self._key(wanted.id)
        if missing or changed:
            statements = [_upsert(wanted, rows, key) for rows in (missing, changed) if rows]
            self._catalog.change(statements)
        return self.read(wanted.id, wanted) or wanted

    def delete(self, live: Rows, scratch: bool) -> None:
        """Forget: rows go with their table, and never by themselves."""

    def _key(self, identifier: str) -> list[str]:
        return [name for (name,) in self._catalog.session.query(_KEY, {"table": identifier})]


def _names(identifier: str, known: Rows | None) -> tuple[str, str]:
    if known:
        return known.schema, known.table
    schema, _, table = identifier.partition(".")
    return schema.strip('"'), table.strip('"')


def _columns(known: Rows | None) -> frozenset[str] | None:
    rows = known.rows.values() if known else ()
    return next((frozenset(json.loads(row)) for row in rows), None)


def _key_of(row: dict[str, Any], key: list[str]) -> str:
    return ",".join(str(row[name]) for name in key)


def _canonical(row: dict[str, Any], columns: frozenset[str] | None) -> str:
    kept = {name: value for name, value in row.items() if columns is None or name in columns}
    return json.dumps(kept, sort_keys=True, ensure_ascii=False)


def _sign(live: str | None, wanted: str) -> Sign | None:
    if live is None:
        return "add"
    if live == wanted:
        return None
    present = json.loads(live)
    return "update" if any(present.get(name) != value for name, value in json.loads(wanted).items()) else None


def _upsert(wanted: Rows, rows: list[str], key: list[str]) -> sql.Composed:
    columns = sorted(json.loads(rows[0]))
    names = listed(sql.Identifier(name) for name in columns)
    assignments = listed(
        sql.SQL("{name} = EXCLUDED.{name}").format(name=sql.Identifier(name))
        for name in columns
        if name not in key
    )
    return sql.SQL(
        "INSERT INTO {table} ({names}) SELECT {names} FROM jsonb_populate_recordset(NULL::{table}, {rows}) "
        "ON CONFLICT ({key}) DO UPDATE SET {assignments}"
    ).format(
        table=sql.Identifier(wanted.schema, wanted.table),
        names=names,
        rows=sql.Literal(f"[{','.join(rows)}]"),
        key=listed(sql.Identifier(name) for name in key),
        assignments=assignments,
    )


def _changed_message(wanted: Rows, present: Rows) -> str:
    keys = [key for key, row in sorted(wanted.rows.items()) if _sign(present.rows.get(key), row) == "update"]
    some = ", ".join(keys[:5]) + (f" and {len(keys) - 5} more" if len(keys) > 5 else "")
    return (
        f"{len(keys)} rows of {wanted.id} were changed by hand ({some}) and are kept; "
        "take the change over into the data file, or consent with `pulumi config set overwriteRows true`"
    )
