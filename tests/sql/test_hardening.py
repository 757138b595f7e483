"""What hardening leaves to users, administrators and functions, in the phases in which it changes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from psycopg import sql

from sandbox import databases
from sandbox.cluster import Cluster
from tests.fix_sandbox import as_found
from tests.reached import reach, settings_of

ANN, BOB = "00000000-0000-4000-8000-0000000000a1", "00000000-0000-4000-8000-0000000000b1"

DENIED = "42501"
ADMINISTRATOR = {"app_metadata": {"role": "admin"}}

Row = tuple[Any, ...]


@dataclass(frozen=True)
class Scene:
    """A hardened database with two users, in a transaction that is rolled back."""

    connection: psycopg.Connection[Row]

    def run(self, statement: str, role: str = "none", **claims: object) -> list[Row] | int | str:
        """The rows that come back, how many were touched, or the SQLSTATE of a refusal.

        `%(ann)s` and `%(bob)s` stand for the users.
        """
        told = json.dumps({"role": role, **claims}) if role != "none" else ""
        try:
            with self.connection.transaction():
                self.connection.execute(
                    "SELECT set_config('role', %s, true), set_config('request.jwt.claims', %s, true)",
                    (role, told),
                )
                cursor = self.connection.execute(statement.encode(), {"ann": ANN, "bob": BOB})
                found = cursor.fetchall() if cursor.description else cursor.rowcount
                self.connection.execute("SELECT set_config('role', 'none', true)")
                return found
        except psycopg.Error as error:
            return error.sqlstate or str(error)

    def ann(self, statement: str, **claims: object) -> list[Row] | int | str:
        return self.run(statement, "authenticated", sub=ANN, **claims)

    def service(self, statement: str) -> list[Row] | int | str:
        return self.run(statement, "service_role")


@pytest.fixture(scope="module")
def phase_2(sandbox_cluster: Cluster) -> Iterator[databases.Target]:
    with reached(sandbox_cluster, 2) as target:
        yield target


@pytest.fixture(scope="module")
def phase_6(sandbox_cluster: Cluster) -> Iterator[databases.Target]:
    with reached(sandbox_cluster, 2, 4, 5, 6) as target:
        yield target


@contextmanager
def reached(cluster: Cluster, *phases: int) -> Iterator[databases.Target]:
    with as_found(cluster, "production") as target:
        for phase in phases:
            reach(target, settings_of(phase, "hardening"))
        yield target


@pytest.fixture
def early(sandbox_cluster: Cluster, phase_2: databases.Target) -> Iterator[Scene]:
    with scene(sandbox_cluster, phase_2) as opened:
        yield opened


@pytest.fixture
def late(sandbox_cluster: Cluster, phase_6: databases.Target) -> Iterator[Scene]:
    with scene(sandbox_cluster, phase_6) as opened:
        yield opened


@contextmanager
def scene(cluster: Cluster, target: databases.Target) -> Iterator[Scene]:
    for user, email in ((ANN, "ann@example.test"), (BOB, None)):
        # As the sign-up service does, which may call none of the functions that its triggers run.
        with psycopg.connect(cluster.url("supabase_auth_admin", target.name)) as connection:
            connection.execute(
                "INSERT INTO auth.users (id, email) VALUES (%s, %s) ON CONFLICT DO NOTHING", (user, email)
            )
    with psycopg.connect(target.database_url) as connection, connection.transaction(force_rollback=True):
        yield Scene(connection)


@pytest.fixture(params=["early", "late"])
def either(request: pytest.FixtureRequest) -> Scene:
    found: Scene = request.getfixturevalue(request.param)
    return found


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE public.profiles SET role = 'admin'",
        "UPDATE public.profiles SET subscription_status = 'active'",
        "UPDATE public.profiles SET plan_expires_at = 'infinity'",
        "UPDATE public.profiles SET stripe_customer_id = 'cus_bob'",
        "UPDATE public.profiles SET total_uploads = 7, updated_at = now()",
        "UPDATE public.profiles SET email = 'bob@example.test'",
        "UPDATE public.profiles SET id = %(bob)s",
    ],
)
def test_users_do_not_change_what_they_may_do_or_pay_for(either: Scene, change: str) -> None:
    assert either.ann(change) == DENIED


def test_users_change_what_they_tell_of_themselves(either: Scene) -> None:
    assert either.ann("UPDATE public.profiles SET updated_at = now(), user_agent = 'new'") == 1


def test_a_whole_row_may_be_sent_back_unchanged(either: Scene) -> None:
    columns = [sql.Identifier(name) for (name,) in either.connection.execute(COLUMNS)]
    same = sql.SQL(", ").join(sql.SQL("{0} = {0}").format(column) for column in columns)
    assert either.ann(sql.SQL("UPDATE public.profiles SET {}").format(same).as_string()) == 1


COLUMNS = """
SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = 'profiles'
"""


def test_a_column_to_come_is_closed(either: Scene) -> None:
    either.run("ALTER TABLE public.profiles ADD COLUMN credit integer DEFAULT 0")
    assert either.ann("UPDATE public.profiles SET credit = 1") == DENIED
    assert either.service("UPDATE public.profiles SET credit = 1 WHERE id = %(ann)s") == 1


def test_the_service_and_the_owner_change_everything(either: Scene) -> None:
    change = "UPDATE public.profiles SET role = 'admin', email = 'x' WHERE id = %(ann)s"
    assert (either.service(change), either.run(change)) == (1, 1)


def test_profiles_come_from_a_sign_up_or_the_service(either: Scene) -> None:
    again = "INSERT INTO public.profiles (id, role) VALUES (%(ann)s, 'user') RETURNING email"
    either.run("DELETE FROM public.profiles WHERE id = %(ann)s")
    assert either.ann(again) == DENIED
    assert either.service(again) == [("ann@example.test",)]


def test_a_new_profile_takes_its_address_along(either: Scene) -> None:
    assert either.ann("SELECT email FROM public.profiles") == [("ann@example.test",)]
    # Who signed up by phone has none.
    assert either.run("SELECT email FROM public.profiles", "authenticated", sub=BOB) == [(None,)]


def test_administrators_by_their_token_change_profiles_until_their_policies_go(
    early: Scene, late: Scene
) -> None:
    change = "UPDATE public.profiles SET role = 'admin' WHERE id = %(bob)s"
    assert early.ann(change, **ADMINISTRATOR) == 1
    assert late.ann(change, **ADMINISTRATOR) == 0
    assert late.ann("UPDATE public.profiles SET role = 'admin'", **ADMINISTRATOR) == DENIED


def test_administrators_by_the_database_read_all_profiles(late: Scene) -> None:
    seen = "SELECT count(*) FROM public.profiles WHERE id IN (%(ann)s, %(bob)s)"
    assert late.ann(seen, **ADMINISTRATOR) == [(1,)]
    late.service("UPDATE public.profiles SET role = 'admin' WHERE id = %(ann)s")
    assert late.ann(seen) == [(2,)]
    late.run("UPDATE auth.users SET banned_until = 'infinity' WHERE id = %(ann)s")
    assert late.ann(seen) == [(1,)]
    late.run("UPDATE auth.users SET banned_until = NULL, deleted_at = now() WHERE id = %(ann)s")
    assert late.ann(seen) == [(1,)]


COUNT = "SELECT success, total_uploads FROM public.increment_upload_count(%(ann)s, 1)"
COUNT_FOR_BOB = "SELECT success, total_uploads FROM public.increment_upload_count(%(bob)s, 1)"


def test_users_count_their_own_uploads_upwards(late: Scene) -> None:
    assert late.ann(COUNT) == [(True, 1)]
    assert late.ann(COUNT_FOR_BOB) == [(False, 0)]
    for number in ("0", "-1", "NULL"):
        assert late.ann(COUNT.replace("1", number)) == [(False, 0)]
    assert late.ann(COUNT) == [(True, 2)]
    assert late.run(COUNT, "anon") == DENIED


def test_the_service_and_the_owner_count_for_everybody(late: Scene) -> None:
    assert late.service(COUNT) == [(True, 1)]
    assert late.run(COUNT_FOR_BOB) == [(True, 1)]


def test_maintenance_is_the_service_s(late: Scene) -> None:
    for call in ("SELECT public.cleanup_stale_sessions()", "SELECT public.reset_monthly_uploads()"):
        assert late.ann(call) == DENIED
        assert isinstance(late.service(call), list)


def test_a_clean_up_means_the_table_whatever_its_caller_has_made(late: Scene) -> None:
    late.run(
        "INSERT INTO public.active_sessions (user_id, session_token, last_heartbeat) "
        "VALUES (%(ann)s, 'stale', now() - interval '1 hour')"
    )
    late.run("CREATE TEMP TABLE active_sessions (last_heartbeat timestamptz)")
    late.run("SELECT public.cleanup_stale_sessions()")
    assert late.run("SELECT count(*) FROM public.active_sessions WHERE session_token = 'stale'") == [(0,)]


def test_users_end_their_sessions_and_can_not_bring_them_back(late: Scene) -> None:
    session = "INSERT INTO public.active_sessions (user_id, session_token) VALUES (%(ann)s, 'one')"
    assert late.ann(session) == DENIED
    assert late.service(session) == 1
    assert late.ann("UPDATE public.active_sessions SET last_heartbeat = 'infinity'") == DENIED
    assert late.ann("SELECT session_token FROM public.active_sessions") == [("one",)]
    assert late.ann("DELETE FROM public.active_sessions") == 1


def test_what_is_made_next_is_the_service_s(either: Scene) -> None:
    either.run("CREATE TABLE public.later (id integer)")
    either.run("CREATE FUNCTION public.later() RETURNS integer LANGUAGE sql AS 'SELECT 1'")
    for statement in ("SELECT count(*) FROM public.later", "SELECT public.later()"):
        assert (either.ann(statement), either.run(statement, "anon")) == (DENIED, DENIED)
        assert isinstance(either.service(statement), list)
