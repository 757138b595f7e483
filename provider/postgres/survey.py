"""What of a database can be compared beside the objects that resources declare."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from provider.postgres.catalog import SOURCES, Catalog, query
from provider.postgres.own import SCHEMA
from provider.postgres.rows import RowsKind
from provider.schema.postgres import (
    DefaultPrivileges,
    NotNull,
    Policy,
    Privileges,
    Rows,
    Trigger,
)
from provider.schema.shape import Shape, identifier, names

Objects = dict[str, dict[str, Any]]

PLATFORM = frozenset(
    {
        "auth",
        "cron",
        "extensions",
        "graphql",
        "graphql_public",
        "information_schema",
        "net",
        "pg_catalog",
        "pg_toast",
        "pgbouncer",
        "pgsodium",
        "pgsodium_masks",
        "realtime",
        "storage",
        "supabase_functions",
        "supabase_migrations",
        "vault",
        SCHEMA,
    }
)
"""Schemas that are the platform's, or this project's own."""


def surveyed(catalog: Catalog) -> Objects:
    """Every object of the application's own, and what it puts on the platform's tables."""
    found = (
        shape for kind in SOURCES if kind is not NotNull for shape in catalog.all(kind).values()
    )  # a column tells its NOT NULL itself
    return {
        **{f"{shape.token}::{shape.id}": shape.wire() for shape in found if _is_application(shape)},
        **dict(_others(catalog)),
        **dict(_migrations(catalog)),
    }


def counts(catalog: Catalog) -> dict[str, int]:
    """How many rows each table of the application holds, and how many users there are."""
    rows = catalog.session.query(query("survey_counts"))
    return {
        identifier(schema, name): count
        for schema, name, count in rows
        if schema not in PLATFORM or (schema, name) == ("auth", "users")
    }


def references(catalog: Catalog, declared: Sequence[Rows]) -> Objects:
    """Reference rows in the columns that are declared, each by its key, and those that they succeed."""
    kind = RowsKind(catalog)
    return {
        f"voip:postgres:Row::{table}/{key}": row
        for rows in declared
        for table, key, row in [*_live(kind, rows), *_preceding(kind, rows)]
    }


def _live(kind: RowsKind, rows: Rows) -> Iterator[tuple[str, str, dict[str, Any]]]:
    if live := kind.read(rows.id, rows):
        yield from ((rows.id, key, json.loads(row)) for key, row in live.rows.items())


def _preceding(kind: RowsKind, rows: Rows) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """The predecessor's rows by the successor's key: its own may be a number that tells nothing."""
    if not (before := rows.predecessor):
        return
    schema, name = names(before.table)[0]
    columns = json.dumps(dict.fromkeys(before.columns.values()))
    if live := kind.read(before.table, Rows(schema=schema, table=name, rows={"": columns})):
        decoded = [json.loads(row) for row in live.rows.values()]
        yield from ((before.table, row[before.columns[before.key]], row) for row in decoded)


def _is_application(shape: Shape) -> bool:
    match shape:
        case Trigger() | Policy():
            return shape.schema != SCHEMA
        case DefaultPrivileges():
            return shape.schema not in PLATFORM
        case Privileges():
            return names(shape.object)[0][0] not in PLATFORM
    return getattr(shape, "schema", None) not in PLATFORM


def _others(catalog: Catalog) -> Iterator[tuple[str, dict[str, Any]]]:
    for kind, schema, name, told in catalog.session.query(query("survey_others")):
        if (schema or name) not in PLATFORM and not name.startswith("pg_"):
            yield (
                f"voip:postgres:{kind}::{identifier(schema, name) if schema else identifier(name)}",
                json.loads(told),
            )


def _migrations(catalog: Catalog) -> Iterator[tuple[str, dict[str, Any]]]:
    """The history; none where the project has never been migrated by Supabase's CLI."""
    for version, name in catalog.session.query_if_possible(query("survey_migrations")) or []:
        yield f"voip:postgres:Migration::{version}", {"name": name}
