"""Queries have become slow: which declared indexes lack, which tables want a vacuum, what takes its time."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any

import psycopg
from psycopg import sql

from components.declaration import key_of
from operations.pulumi import stack_config
from operations.rollback.declared import bring_back, declared, told
from operations.target import completed, live
from provider.plane import Planes
from provider.schema.postgres import Constraint, Index
from provider.schema.shape import Shape
from settings import Settings, load_settings

_TABLES = """
SELECT relname, n_live_tup, n_dead_tup, coalesce(greatest(last_vacuum, last_autovacuum)::text, 'never'),
  coalesce(greatest(last_analyze, last_autoanalyze)::text, 'never')
FROM pg_stat_user_tables WHERE schemaname = 'public' ORDER BY relname
"""
_SLOW = """
SELECT round(mean_exec_time)::int, calls, left(regexp_replace(query, '\\s+', ' ', 'g'), 80)
FROM extensions.pg_stat_statements
WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) AND mean_exec_time > 100
ORDER BY mean_exec_time DESC LIMIT 5
"""


def options(parser: argparse.ArgumentParser) -> None:
    """Of its command line."""
    parser.add_argument("--apply", action="store_true", help="build and vacuum them")
    parser.add_argument("--stack", required=True)
    parser.set_defaults(run=lambda options: performance(options.stack, apply=options.apply))


def performance(stack: str, *, apply: bool) -> str:
    """What is amiss on a stack's target; with `apply`, build the indexes and vacuum the tables."""
    settings = load_settings(config := stack_config(stack))
    with live(config) as planes:
        planes.verify()
        return (mended if apply else report)(planes, completed(settings, planes))


def report(planes: Planes, settings: Settings) -> str:
    """What is amiss, for people."""
    lacking = [f"Lacks {key.removeprefix('voip:postgres:')}" for key in _lacking(planes, settings)]
    lines = [*(lacking or ["Every declared index is there and valid."])]
    with _connected(planes) as connection:
        for name, rows, dead, vacuumed, analyzed in connection.execute(_TABLES):
            lines.append(
                f"{name}: about {rows} rows and {dead} dead ones, "
                f"last vacuum {vacuumed}, last analyze {analyzed}"
            )
        for mean, calls, text in connection.execute(_SLOW):
            lines.append(f"{mean} ms in the mean of {calls} calls: {text}")
    return "\n".join([*lines, "Add --apply to build what lacks and to vacuum; neither keeps users waiting."])


def mended(planes: Planes, settings: Settings) -> str:
    """Build what lacks, then let Postgres clear away dead rows and look at the others."""
    done = told(list(bring_back(planes, declared(settings, _is_index))), "Every declared index was there.")
    with _connected(planes) as connection:
        names = [name for name, *_ in connection.execute(_TABLES).fetchall()]
        for name in names:
            connection.execute(sql.SQL("VACUUM (ANALYZE) {}").format(sql.Identifier("public", name)))
    return f"{done}\nVacuumed and analyzed {', '.join(names)}."


def _lacking(planes: Planes, settings: Settings) -> Iterator[str]:
    for shape in declared(settings, _is_index):
        kind = planes.kinds[shape.token]
        wanted = kind.check(shape)
        live_one = kind.read(wanted.id, wanted)
        if live_one is None or kind.diff(live_one, wanted):
            yield key_of(shape)


def _is_index(shape: Shape) -> bool:
    """Keys are indexes too."""
    return isinstance(shape, Index) or (
        isinstance(shape, Constraint) and shape.definition.startswith(("PRIMARY KEY", "UNIQUE"))
    )


def _connected(planes: Planes) -> psycopg.Connection[Any]:
    return psycopg.connect(planes.target.database_url, autocommit=True, connect_timeout=10)
