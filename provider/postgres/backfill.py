"""Data steps that are done once, in batches that keep nobody waiting."""

from __future__ import annotations

import time
from typing import Any

from psycopg import sql

from provider.differences import Difference
from provider.errors import ProviderError
from provider.notes import Note, progress
from provider.postgres.catalog import Catalog
from provider.postgres.compose import declared, named
from provider.postgres.statement import Statement
from provider.schema.postgres import Backfill

BATCH = 1000
"""Rows that one transaction looks at; a user's change of one of them waits until it ends."""


class BackfillKind:
    """UPDATE by ranges of the key, each a transaction of its own with a pause after it."""

    shape = Backfill

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def check(self, wanted: Backfill) -> Backfill:
        """Any backfill can be declared."""
        return wanted

    def diff(self, live: Backfill, wanted: Backfill) -> list[Difference]:
        """Never: what has been done once is done, whatever its declaration says today."""
        del live, wanted
        return []

    def read(self, identifier: str, known: Backfill | None) -> Backfill:
        """A backfill leaves no object behind, so one that is known or imported counts as done."""
        return known or Backfill(name=identifier, table="", column="", value="", where="")

    def plan(self, wanted: Backfill) -> list[Statement]:
        """The statement of all batches, unless nothing is left to be done."""
        return [] if self._remaining(wanted) == 0 else [_update(wanted, sql.SQL("true"))]

    def notes(self, wanted: Backfill) -> list[Note]:
        """What a preview tells: how many rows there are to fill, where that can be known yet."""
        remaining = self._remaining(wanted)
        return [Note(f"fills {remaining} rows, {BATCH} at a time")] if remaining else []

    def create(self, wanted: Backfill) -> Backfill:
        """Go through the table until nothing is left; refuses to go on where a pass leaves as much."""
        before = None
        while remaining := self._remaining(wanted, required=True):
            if before is not None and remaining >= before:
                found = sql.SQL("SELECT filled.* {}").format(_needing(wanted)).as_string()
                raise ProviderError(
                    f"the backfill {wanted.id} left {remaining} rows undone; look at them with `{found}`"
                )
            self._pass(wanted)
            before = remaining
        return wanted

    def update(self, live: Backfill, wanted: Backfill) -> Backfill:
        """Nothing: see diff."""
        return wanted

    def delete(self, live: Backfill, scratch: bool) -> None:
        """Forget: what was filled stays filled."""

    def _pass(self, wanted: Backfill) -> None:
        """Fill every range of the key once."""
        changed, after = 0, None
        while True:
            until = self._end(wanted, after)
            began = time.monotonic()
            changed += self._catalog.change([_update(wanted, _between(wanted, after, until))])
            progress(f"rows filled: {changed}")
            if until is None:
                return
            after = until
            # As long as it took: others get at least half of the server.
            self._catalog.session.pause(time.monotonic() - began)

    def _end(self, wanted: Backfill, after: Any) -> Any:
        """The key of the last row of the next batch; None where all that is left makes no more than one."""
        query = sql.SQL(
            "SELECT {key} FROM {table} AS filled WHERE {after} ORDER BY {key} OFFSET {skipped} LIMIT 1"
        ).format(
            key=_key(wanted), table=_table(wanted), after=_between(wanted, after, None), skipped=BATCH - 1
        )
        rows = self._catalog.session.query(query)
        return rows[0][0] if rows else None

    def _remaining(self, wanted: Backfill, *, required: bool = False) -> int | None:
        """How many rows are to be filled; None while the column is not there, unless it is required."""
        query = sql.SQL("SELECT count(*) {}").format(_needing(wanted))
        ask = self._catalog.session.query if required else self._catalog.session.query_if_possible
        rows = ask(query)
        return None if rows is None else int(rows[0][0])


def _update(wanted: Backfill, condition: sql.Composable) -> Statement:
    text = sql.SQL("UPDATE {} AS filled SET {} = {} {} WHERE ({}) AND {} AND {}").format(
        _table(wanted),
        sql.Identifier(wanted.column),
        declared(wanted.value),
        sql.SQL("FROM {} AS source").format(named(wanted.source)) if wanted.source else sql.SQL(""),
        declared(wanted.where),
        _joined(wanted),
        condition,
    )
    return Statement(text)


def _needing(wanted: Backfill) -> sql.Composable:
    """FROM and WHERE of the rows that are to be filled."""
    return sql.SQL("FROM {} AS filled{} WHERE ({}) AND {}").format(
        _table(wanted),
        sql.SQL(", {} AS source").format(named(wanted.source)) if wanted.source else sql.SQL(""),
        declared(wanted.where),
        _joined(wanted),
    )


def _joined(wanted: Backfill) -> sql.Composable:
    if not wanted.source:
        return sql.SQL("true")
    return sql.SQL("source.{key} = filled.{key}").format(key=sql.Identifier(wanted.key))


def _between(wanted: Backfill, after: Any, until: Any) -> sql.Composable:
    bounds = ((">", after), ("<=", until))
    conditions = [
        sql.SQL("{} {} {}").format(_key(wanted), declared(operator), sql.Literal(bound))
        for operator, bound in bounds
        if bound is not None
    ]
    return sql.SQL(" AND ").join(conditions) if conditions else sql.SQL("true")


def _key(wanted: Backfill) -> sql.Identifier:
    return sql.Identifier("filled", wanted.key)


def _table(wanted: Backfill) -> sql.Identifier:
    return sql.Identifier(wanted.schema, wanted.table)
