"""Reference rows."""

from __future__ import annotations

import json
from typing import Any

from psycopg import sql

from provider.differences import Difference, Sign, join
from provider.errors import NotAsWantedError, PropertyError, ProviderError
from provider.notes import Note
from provider.postgres.catalog import Catalog
from provider.postgres.compose import listed, named
from provider.postgres.statement import Statement
from provider.postgres.succession import Succession, succession
from provider.schema.postgres import Rows
from provider.schema.shape import names

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
            raise PropertyError("rows", "the rows declare different columns; declare the same in each")
        return wanted

    def diff(self, live: Rows, wanted: Rows) -> list[Difference]:
        """Declared rows that are missing or hold something else in a declared column."""
        return [
            Difference(join("rows", key), sign)
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
            predecessor=known.predecessor if known else None,
        )

    def create(self, wanted: Rows) -> Rows:
        """Insert the missing rows; a row that is there and differs is left as it is and refused."""
        return self.update(wanted, wanted)

    def update(self, live: Rows, wanted: Rows) -> Rows:
        """Insert missing rows; put changed ones back where the stack consents to it."""
        present, key = self.read(wanted.id, wanted), self._key(wanted.id)
        if present is None:
            raise ProviderError(f"the table {wanted.id} is not there or has no primary key; create it first")
        _check_keys(wanted, key)
        if statements := [*_statements(wanted, present, key), *self._carried(wanted, present, key)]:
            self._catalog.change(statements)
        return self._confirmed(wanted)

    def plan(self, wanted: Rows) -> list[Statement]:
        """The statements that write what is missing or changed."""
        empty = Rows(schema=wanted.schema, table=wanted.table, rows={})
        present, key = self.read(wanted.id, wanted) or empty, self._key(wanted.id)
        return [*_statements(wanted, present, key), *self._carried(wanted, present, key)]

    def notes(self, wanted: Rows) -> list[Note]:
        """What a preview tells: how the declared rows stand to those that they succeed."""
        self.plan(wanted)
        found, predecessor = self.succession(wanted), wanted.predecessor
        return [found.note(predecessor.table)] if found and predecessor else []

    def succession(self, wanted: Rows) -> Succession | None:
        """How the declared rows stand to those that they succeed; None where there are none, or not yet."""
        predecessor = wanted.predecessor
        if predecessor is None:
            return None
        query = sql.SQL("SELECT to_jsonb(old) FROM {} AS old").format(named(predecessor.table))
        rows = self._catalog.session.query_if_possible(query)
        if rows is None:
            return None
        renamed = [{new: row[old] for new, old in predecessor.columns.items()} for (row,) in rows]
        return succession(
            {key: json.loads(row) for key, row in wanted.rows.items()},
            {row[predecessor.key]: row for row in renamed},
            predecessor.key,
            predecessor.derived,
        )

    def _carried(self, wanted: Rows, present: Rows, key: list[str]) -> list[Statement]:
        found = self.succession(wanted)
        carried = found.carried if found else {}
        rows = [_canonical(row, None) for name, row in carried.items() if name not in present.rows]
        return [Statement(_insert(wanted, rows, key, sql.SQL("NOTHING")))] if rows else []

    def delete(self, live: Rows, scratch: bool) -> None:
        """Forget: rows go with their table, and never by themselves."""

    def _confirmed(self, wanted: Rows) -> Rows:
        live = self.read(wanted.id, wanted) or wanted
        if different := self.diff(live, wanted):
            key = next(name for name in sorted(wanted.rows) if _sign(live.rows.get(name), wanted.rows[name]))
            raise NotAsWantedError(
                live,
                f"{len(different)} rows of {wanted.id} were written and read back otherwise; "
                f"{key} is declared as {wanted.rows[key]} and reads {live.rows.get(key)}: declare it so",
            )
        return live

    def _key(self, identifier: str) -> list[str]:
        return [name for (name,) in self._catalog.session.query(_KEY, {"table": identifier})]


def _names(identifier: str, known: Rows | None) -> tuple[str, str]:
    if known:
        return known.schema, known.table
    schema, table = names(identifier)[0]
    return schema, table


def _check_keys(wanted: Rows, key: list[str]) -> None:
    for name, text in wanted.rows.items():
        row = json.loads(text)
        if missing := [column for column in key if column not in row]:
            raise ProviderError(f"the row {name} of {wanted.id} lacks its key {', '.join(missing)}; add it")
        if _key_of(row, key) != name:
            raise ProviderError(
                f"the row {name} of {wanted.id} has the key {_key_of(row, key)}; correct one of both"
            )


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


def _statements(wanted: Rows, present: Rows, key: list[str]) -> list[Statement]:
    changed = [row for name, row in wanted.rows.items() if _sign(present.rows.get(name), row) == "update"]
    if changed and not wanted.overwrite:
        raise ProviderError(_changed_message(wanted, present))
    missing = [row for name, row in wanted.rows.items() if name not in present.rows]
    statements = []
    if missing:
        # Somebody may add the row at this moment; it is theirs then.
        statements.append(Statement(_insert(wanted, missing, key, sql.SQL("NOTHING"))))
    if changed:
        statements.append(Statement(_insert(wanted, changed, key, _put_back(changed[0], key))))
    return statements


def _insert(wanted: Rows, rows: list[str], key: list[str], on_conflict: sql.Composable) -> sql.Composed:
    return sql.SQL(
        "INSERT INTO {table} ({columns}) OVERRIDING SYSTEM VALUE "
        "SELECT {columns} FROM jsonb_populate_recordset(NULL::{table}, {rows}) "
        "ON CONFLICT {key} DO {action}"
    ).format(
        table=sql.Identifier(wanted.schema, wanted.table),
        columns=listed(sql.Identifier(column) for column in sorted(json.loads(rows[0]))),
        rows=sql.Literal(f"[{','.join(rows)}]"),
        # The table of a plan may not be there yet, and its key not known.
        key=sql.SQL("({})").format(listed(map(sql.Identifier, key))) if key else sql.SQL(""),
        action=on_conflict,
    )


def _put_back(row: str, key: list[str]) -> sql.Composable:
    assignments = [
        sql.SQL("{column} = EXCLUDED.{column}").format(column=sql.Identifier(column))
        for column in sorted(json.loads(row))
        if column not in key
    ]
    return sql.SQL("UPDATE SET {}").format(listed(assignments))


def _changed_message(wanted: Rows, present: Rows) -> str:
    keys = [key for key, row in sorted(wanted.rows.items()) if _sign(present.rows.get(key), row) == "update"]
    some = ", ".join(keys[:5]) + (f" and {len(keys) - 5} more" if len(keys) > 5 else "")
    return (
        f"{len(keys)} rows of {wanted.id} were changed by hand ({some}) and are kept; "
        "take the change over into the data file, or consent with `pulumi config set overwriteRows true`"
    )
