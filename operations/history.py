"""The history by which Supabase's own tools know what was applied: what lacks there, they would run again."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Iterator, Sequence

from psycopg import sql

from operations.documents import load_ledger
from operations.errors import OperationError
from operations.migrations import Migration
from operations.pulumi import stack_config
from operations.target import completed, live
from provider.plane import Planes
from provider.postgres.statement import Statement
from settings import LAST_PHASE, load_settings

TABLE = "supabase_migrations.schema_migrations"

_RECORDED = sql.SQL("SELECT version FROM supabase_migrations.schema_migrations")
_RECORD = sql.SQL(
    "INSERT INTO supabase_migrations.schema_migrations (version, name) "
    "SELECT version, name FROM jsonb_to_recordset({}) AS applied (version text, name text) "
    "ON CONFLICT (version) DO NOTHING"
)


def options(parser: argparse.ArgumentParser) -> None:
    """Of its command line."""
    parser.add_argument("--stack", required=True)
    parser.add_argument("--record", action="store_true", help="tell them that it is applied")
    parser.set_defaults(run=lambda options: history(options.stack, record=options.record))


def history(stack: str, *, record: bool) -> str:
    """What a target's history lacks of the migrations that its phases stand for; with `record`, add it."""
    settings = load_settings(config := stack_config(stack))
    with live(config) as planes:
        planes.verify()
        return "\n".join(told(planes, completed(settings, planes).phase, record=record))


def told(planes: Planes, phase: int, *, record: bool) -> Iterator[str]:
    """The same, on planes whose target has completed a phase."""
    # One is named by a comment alone, and is in nobody's history.
    migrations = [migration for migration in load_ledger().migrations if migration.category]
    lacking = list(_lacking(planes, migrations))
    done = [migration for migration in lacking if stands_for(migration, phase)]
    if record and done:
        planes.change([Statement(_RECORD.format(json.dumps(_as_rows(done))))])
    for migration in done:
        yield f"{'recorded' if record else 'lacks'}  {migration.version} {migration.name or ''}".rstrip()
    if later := len(lacking) - len(done):
        yield f"{later} more stand for later phases."
    if not record and done:
        yield "`supabase db push` would run what lacks; add --record to tell that it is applied."
    if not lacking:
        yield f"All {len(migrations)} migrations are recorded."


def stands_for(migration: Migration, phase: int) -> bool:
    """Whether a target that has completed a phase has all that a migration stands for.

    One that is skipped must never run; it counts as done with the last phase.
    """
    return max(migration.objects, default=LAST_PHASE) <= phase


def _lacking(planes: Planes, migrations: Sequence[Migration]) -> Iterator[Migration]:
    rows = planes.ask(_RECORDED)
    if rows is None:
        raise OperationError(f"{TABLE} is not there, or hidden from the role; nothing keeps a history here")
    recorded = {version for (version,) in rows}
    yield from (migration for migration in migrations if migration.version not in recorded)


def _as_rows(migrations: Iterable[Migration]) -> list[dict[str, str | None]]:
    return [{"version": migration.version, "name": migration.name} for migration in migrations]
