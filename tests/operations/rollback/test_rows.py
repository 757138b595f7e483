"""Rows are lost or damaged: each table's come back from a backup, and what came since stays."""

from __future__ import annotations

from pathlib import Path
from typing import Any, LiteralString

import psycopg
import pytest
from psycopg import sql

from components.archive import Archive
from operations.backup import database
from operations.backup.folder import taking
from operations.errors import OperationError
from operations.rollback.rows import TABLES, Restored, _file, restore, told
from tests.operations.conftest import Production

FIRST = "SELECT id::text FROM public.profiles ORDER BY created_at, id LIMIT 2"
BROKEN = "SELECT count(*) FROM public.profiles WHERE subscription_status = 'broken'"


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path / "backups", "production")


def take(production: Production, archive: Archive) -> None:
    with taking(archive, "database", "ref") as new:
        database.take(production.target, new.folder)


def _of(text: LiteralString, table: str) -> str:
    return sql.SQL(text).format(sql.Identifier("public", table)).as_string()


def rows_of(production: Production, table: str) -> list[tuple[Any, ...]]:
    return production.run(_of("SELECT t::text FROM {} AS t ORDER BY 1", table))


def back(
    production: Production, archive: Archive, table: str, *, overwrite: bool = False, apply: bool = True
) -> Restored:
    with psycopg.connect(production.target.database_url) as connection:
        return restore(connection, table, _file(archive, table, None), overwrite=overwrite, apply=apply)


@pytest.mark.parametrize("table", TABLES)
def test_lost_rows_come_back_as_they_were(production: Production, archive: Archive, table: str) -> None:
    production.reach(2)
    before = rows_of(production, table)
    take(production, archive)
    production.run(_of("DELETE FROM {}", table))
    assert rows_of(production, table) == []

    number = len(before)
    assert back(production, archive, table, apply=False) == Restored(number, number, 0, 0, [])
    assert rows_of(production, table) == []
    assert back(production, archive, table) == Restored(number, number, 0, 0, [])
    assert rows_of(production, table) == before
    assert back(production, archive, table) == Restored(number, 0, 0, 0, [])


def test_what_came_since_stays(production: Production, archive: Archive) -> None:
    take(production, archive)
    before = rows_of(production, "profiles")
    one, other = (user for (user,) in production.run(FIRST))
    production.run("DELETE FROM auth.users WHERE id::text = %s", one)
    production.run("UPDATE public.profiles SET subscription_status = 'broken' WHERE id::text = %s", other)
    production.run("DELETE FROM public.profiles WHERE subscription_status IS DISTINCT FROM 'broken'")
    new = production.sign_up()

    assert back(production, archive, "profiles") == Restored(14, 12, 1, 1, [])
    assert production.run(BROKEN) == [(1,)]
    assert back(production, archive, "profiles", overwrite=True) == Restored(14, 0, 1, 1, [])
    after = [row for row in rows_of(production, "profiles") if new not in row[0]]
    assert after == [row for row in before if one not in row[0]]
    assert len(after) == 13


def test_a_backup_of_an_earlier_phase_fits_a_later_one(production: Production, archive: Archive) -> None:
    take(production, archive)
    nobody = production.run("SELECT count(*) FROM public.profiles WHERE role IS NULL")
    assert nobody != [(0,)]
    production.reach(2, 3, 4)
    before = rows_of(production, "profiles")
    production.run("DELETE FROM public.profiles")
    assert back(production, archive, "profiles").missing == 14
    # Roles that lack are filled as the backfill did; the address is taken along.
    assert rows_of(production, "profiles") == before


def test_columns_that_are_gone_are_named(production: Production, archive: Archive) -> None:
    take(production, archive)
    production.run("ALTER TABLE public.profiles DROP COLUMN user_agent")
    found = back(production, archive, "profiles", apply=False)
    assert found.without == ["user_agent"]
    assert told(found, Path("p.csv"), overwrite=False, apply=False).endswith("left out: user_agent")


def test_what_cant_be_restored_is_refused(production: Production, archive: Archive) -> None:
    with pytest.raises(OperationError, match=r"there is no backup of the database; there are none"):
        back(production, archive, "profiles")
    take(production, archive)
    with pytest.raises(OperationError, match="there is no backup yesterday; there are 20"):
        _file(archive, "profiles", "yesterday")
    with pytest.raises(OperationError, match="holds no enhanced_lerg; name another backup with --backup"):
        back(production, archive, "enhanced_lerg")
    production.run("DROP TABLE public.lerg_codes")
    with pytest.raises(OperationError, match=r"public\.lerg_codes is not there, or has no key"):
        back(production, archive, "lerg_codes")
    next(archive.folder.glob("production/database/*/production_profiles.csv")).write_text("", "utf-8")
    with pytest.raises(OperationError, match="the backup is damaged"):
        back(production, archive, "profiles")
