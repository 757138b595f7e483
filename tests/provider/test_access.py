"""Who may do what, tried on databases made for it.

Each file in `access/` is one case: what makes the objects, and what must come of some cells.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest
import yaml

from provider.access.table import Change, access_table, differences
from provider.errors import ProviderError
from provider.schema.access import Caller, Cell, Table
from sandbox import databases
from sandbox.cluster import Cluster
from tests.provider.conftest import NewDatabase

CASES = sorted((Path(__file__).parent / "access").glob("*.yaml"))

CALLERS = (
    Caller(name="anon", role="anon"),
    Caller(name="user", role="authenticated", signed_in=True, claims={"user_metadata": {"role": "admin"}}),
    Caller(name="service", role="service_role"),
)

NOTES = """
CREATE TABLE public.notes (user_id uuid PRIMARY KEY REFERENCES auth.users (id), body text DEFAULT 'x');
ALTER TABLE public.notes ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON public.notes TO authenticated USING (auth.uid() = user_id);
"""


class Case(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Objects, and cells that tell of them."""

    schema: str
    outcomes: dict[str, str | None]
    """By the cell's parts; None where there is no such cell."""


def table(target: databases.Target, schema: str, callers: tuple[Caller, ...] = CALLERS) -> Table:
    with psycopg.connect(target.database_url) as connection, connection.transaction(force_rollback=True):
        # Roles are the whole server's, so nothing of a case may stay.
        connection.execute(schema.encode())
        return access_table(connection, callers)


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_a_cell_tells_what_comes_of_an_attempt(new_database: NewDatabase, case: Path) -> None:
    wanted = msgspec.convert(yaml.safe_load(case.read_text("utf-8")), Case)
    with new_database() as target:
        found = {str(cell): outcome for cell, outcome in table(target, wanted.schema).items()}
    assert {cell: found.get(cell) for cell in wanted.outcomes} == wanted.outcomes


def test_nothing_is_left_behind(new_database: NewDatabase) -> None:
    objects = "SELECT count(*) FROM pg_class UNION ALL SELECT count(*) FROM pg_proc"
    rows = "SELECT count(*) FROM auth.users UNION ALL SELECT count(*) FROM public.notes"
    with new_database() as target, psycopg.connect(target.database_url, autocommit=True) as connection:
        connection.execute(NOTES.encode())
        before = [connection.execute(text.encode()).fetchall() for text in (objects, rows)]
        first = access_table(connection, CALLERS)
        assert [connection.execute(text.encode()).fetchall() for text in (objects, rows)] == before
        assert connection.execute("SELECT current_user, current_setting('lock_timeout')").fetchone() == (
            "postgres",
            "0",
        )
        assert access_table(connection, CALLERS) == first


def test_no_lock_is_taken_that_stops_users(new_database: NewDatabase) -> None:
    with new_database() as target, psycopg.connect(target.database_url) as connection:
        connection.execute(f"{NOTES}; INSERT INTO auth.users (id) SELECT gen_random_uuid()".encode())
        connection.commit()
        access_table(connection, CALLERS)
        # The transaction is still open, and locks of what was undone in it are held on tables alone.
        held = connection.execute(
            "SELECT DISTINCT mode FROM pg_locks WHERE pid = pg_backend_pid() AND relation IN "
            "('public.notes'::regclass, 'auth.users'::regclass)"
        ).fetchall()
        assert {mode for (mode,) in held} <= {"AccessShareLock", "RowShareLock", "RowExclusiveLock"}


def test_a_row_that_is_locked_is_told(new_database: NewDatabase) -> None:
    codes = "CREATE TABLE public.codes (code text PRIMARY KEY); INSERT INTO public.codes VALUES ('a')"
    with new_database() as target, psycopg.connect(target.database_url) as other:
        other.execute(codes.encode())
        other.commit()
        other.execute("SELECT FROM public.codes FOR UPDATE")
        with pytest.raises(ProviderError, match="could not be tried, as another session locks"):
            table(target, "SELECT")


def test_a_sign_up_that_fails_is_told(new_database: NewDatabase) -> None:
    broken = """
    CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE 'no'; END$$;
    CREATE TRIGGER refuse BEFORE INSERT ON auth.users FOR EACH ROW EXECUTE FUNCTION public.refuse();
    """
    with new_database() as target, pytest.raises(ProviderError, match="access of user with: no; mend the"):
        table(target, broken)


def test_extensions_that_reach_outside_are_refused(
    new_database: NewDatabase, sandbox_cluster: Cluster
) -> None:
    with new_database() as target:
        with databases.admin(sandbox_cluster, target.name) as connection:
            connection.execute("CREATE EXTENSION postgres_fdw")
        with pytest.raises(ProviderError, match="where the extension postgres_fdw is installed"):
            table(target, "SELECT")


def test_only_what_differs_is_a_change() -> None:
    same, gone, new, other = (Cell("anon", f"table public.{name}", "SELECT") for name in "abcd")
    before = {same: "denied", gone: "denied", other: "denied"}
    after = {same: "denied", new: "allowed", other: "no row"}
    assert differences(before, after) == [
        Change(gone, "denied", None),
        Change(new, None, "allowed"),
        Change(other, "denied", "no row"),
    ]


def weakened(target: databases.Target, *statements: str) -> dict[str, Any]:
    """What a change by the owner does to the table."""
    with psycopg.connect(target.database_url) as connection, connection.transaction(force_rollback=True):
        connection.execute(NOTES.encode())
        before = access_table(connection, CALLERS)
        for statement in statements:
            connection.execute(statement.encode())
        return {str(cell): after for cell, _, after in differences(before, access_table(connection, CALLERS))}


def test_a_change_shows_where_it_acts_and_nowhere_else(new_database: NewDatabase) -> None:
    with new_database() as target:
        assert weakened(target, "GRANT CREATE ON SCHEMA public TO anon") == {
            "anon / schema public / CREATE": "allowed"
        }
