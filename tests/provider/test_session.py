"""The connections to one database."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from provider.errors import ProviderError
from provider.postgres import session as module
from provider.postgres.session import Session, identity_problem
from provider.postgres.statement import Statement
from provider.target import Target
from sandbox import databases
from sandbox.cluster import LIMITED_READER, OWNER, Cluster
from tests.provider.conftest import MakeTarget, RunSql
from tests.targets import production_of

READ = sql.SQL("SELECT count(*) FROM public.t")


def insert(value: int) -> Statement:
    return Statement(sql.SQL("INSERT INTO public.t VALUES ({})").format(value))


@pytest.fixture
def session(target: MakeTarget, run_sql: RunSql) -> Iterator[Session]:
    """On a database with one empty table."""
    run_sql("CREATE TABLE public.t (id int PRIMARY KEY)")
    with closing(Session(target())) as opened:
        yield opened


@pytest.fixture
def other(blank_database: databases.Target) -> Iterator[psycopg.Connection]:
    """Somebody else's connection to the same database, whose transactions end when it says so."""
    with closing(psycopg.connect(blank_database.database_url)) as connection:
        yield connection


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Lets locks time out at once; returns the pauses between the attempts."""
    pauses: list[float] = []
    monkeypatch.setattr(module, "LOCK_TIMEOUT", "10ms")
    monkeypatch.setattr(Session, "pause", lambda _, seconds: pauses.append(seconds))
    return pauses


class TestIdentity:
    def test_the_right_database_is_read(self, session: Session) -> None:
        assert session.query(READ) == [(0,)]

    def test_another_project_is_refused(self, target: MakeTarget) -> None:
        real = target().project_ref
        assert refusal(target(project_ref="another")) == (
            f"the connection of scratch (another, sandbox) leads to the project {real}; "
            "correct voip:databaseUrl or voip:projectRef of this stack"
        )

    def test_a_database_outside_the_sandbox_is_refused(
        self, target: MakeTarget, sandbox_cluster: Cluster
    ) -> None:
        outside = target(database_url=sandbox_cluster.url(OWNER, "postgres"), landmark="pg_class")
        assert (
            refusal(outside)
            == f"the connection of {outside} leads outside the sandbox; correct voip:databaseUrl"
        )

    def test_a_database_without_the_landmark_is_refused(self, target: MakeTarget) -> None:
        empty = target(landmark="public.profiles")
        assert refusal(empty) == (
            f"the database of {empty} has no table public.profiles, so it is neither environment; "
            "correct voip:databaseUrl"
        )

    def test_an_old_postgres_is_refused(self, target: MakeTarget, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "OLDEST_MAJOR", 99)
        assert (
            refusal(target())
            == f"{target()} runs Postgres 17; 99 or newer is needed: upgrade the project first"
        )

    def test_nothing_is_written_before_the_identity_is_known(
        self, target: MakeTarget, run_sql: RunSql
    ) -> None:
        with closing(Session(target(project_ref="another"))) as wrong, pytest.raises(ProviderError):
            wrong.change([Statement(sql.SQL("CREATE TABLE public.made (id int)"))])
        assert run_sql("SELECT to_regclass('public.made')") == [(None,)]


def refusal(target: Target) -> str:
    with closing(Session(target)) as session, pytest.raises(ProviderError) as raised:
        session.query(sql.SQL("SELECT 1"))
    return str(raised.value)


HOSTED = production_of(
    "abcdefghijklmnopqrst",
    kind="hosted",
    database_url="postgresql://postgres:x@db.abcdefghijklmnopqrst.supabase.co:5432/postgres",
)


def test_a_hosted_database_must_be_told_from_others_somehow() -> None:
    nameless = replace(HOSTED, database_url="postgresql://postgres:x@db.example.com:5432/postgres")
    assert identity_problem(nameless, HOSTED.project_ref, 17, True) is None
    assert identity_problem(nameless, None, 17, True) == (
        f"nothing tells whether the connection of {nameless} leads to that project; "
        "take the direct or the session pooler's string for voip:databaseUrl, as Supabase shows it"
    )


@pytest.mark.parametrize(
    ("reference", "major", "landmark", "expected"),
    [
        (None, 17, True, None),
        ("", 15, True, None),
        (HOSTED.project_ref, 17, True, None),
        ("other", 17, True, "leads to the project other"),
        (HOSTED.project_ref, 14, True, "runs Postgres 14; 15 or newer is needed"),
        (None, 17, False, "has no table public.profiles"),
    ],
)
def test_a_hosted_project_need_not_name_itself(
    reference: str | None, major: int, landmark: bool, expected: str | None
) -> None:
    problem = identity_problem(HOSTED, reference, major, landmark)
    assert problem is None if expected is None else expected in (problem or "")


class TestUnreachable:
    def test_a_wrong_password_is_not_repeated(self, target: MakeTarget) -> None:
        wrong = target().database_url.replace(str(password_of(target())), "not-the-one")
        message = refusal(target(database_url=wrong))
        assert message.endswith('password authentication failed for user "postgres"; check voip:databaseUrl')
        assert "not-the-one" not in message

    def test_a_database_that_is_down_tells_the_step(self, target: MakeTarget) -> None:
        with socket.socket() as nobody:
            nobody.bind(("127.0.0.1", 0))
            down = replaced(target().database_url, port=str(nobody.getsockname()[1]))
            message = refusal(target(database_url=down, configured=False))
        assert "Connection refused" in message
        assert message.endswith("; start it with `make sandbox`")
        assert password_of(target()) not in message

    def test_a_database_that_does_not_exist_is_named(self, target: MakeTarget) -> None:
        assert 'database "nowhere" does not exist' in refusal(
            target(database_url=replaced(target().database_url, dbname="nowhere"))
        )

    @pytest.mark.parametrize(
        "url",
        [
            "postgres:s3cr3t@localhost:5432/postgres",
            "s3cr3t",
            "postgresql://postgres:s3cr3t@@localhost:5432/postgres",
            "postgresql://postgres:p@s3cr3t@localhost:5432/postgres",
            "postgresql://postgres:p/s3cr3t@localhost:5432/postgres",
            "postgresql://postgres:12/s3cr3t@localhost:5432/postgres",
            "postgresql://postgres:%s3cr3t@localhost:5432/postgres",
            "postgresql://postgres:x@localhost:s3cr3t/postgres",
            "postgresql://postgres:x@localhost/postgres?password=s3cr3t&s3cr3t=1",
            "host=localhost password='s3cr3t",
        ],
    )
    def test_a_damaged_url_is_never_repeated(self, target: MakeTarget, url: str) -> None:
        message = refusal(target(database_url=url))
        assert "s3cr3t" not in message
        assert "voip:databaseUrl" in message


def password_of(target: Target) -> str:
    return str(conninfo_to_dict(target.database_url)["password"])


def replaced(url: str, **parts: str) -> str:
    return psycopg.conninfo.make_conninfo(url, **parts)


class TestReading:
    def test_until_the_first_change_all_is_of_one_snapshot(
        self, session: Session, other: psycopg.Connection
    ) -> None:
        assert session.query(READ) == [(0,)]
        other.execute("INSERT INTO public.t VALUES (1)")
        other.commit()
        assert session.query(READ) == [(0,)]
        assert not session.changed
        session.change([insert(2)])
        assert session.changed
        assert session.query(READ) == [(2,)]

    def test_several_queries_are_answered_in_their_order(self, session: Session) -> None:
        queries = [sql.SQL("SELECT {}, %(x)s::int").format(number) for number in range(3)]
        assert session.query_all(queries, {"x": 7}) == [[(0, 7)], [(1, 7)], [(2, 7)]]

    def test_a_percent_sign_stands_for_itself(self, session: Session) -> None:
        assert session.query(sql.SQL("SELECT '100%' LIKE '%s', 7 % 4")) == [(False, 3)]

    def test_nothing_can_be_written(self, session: Session) -> None:
        with pytest.raises(ProviderError, match="cannot execute INSERT in a read-only transaction"):
            session.query(insert(1).text)

    def test_a_failure_does_not_spoil_the_next_question(self, session: Session) -> None:
        with pytest.raises(ProviderError, match='reading failed: relation "nowhere" does not exist'):
            session.query(sql.SQL("SELECT * FROM nowhere"))
        assert session.query(READ) == [(0,)]

    def test_a_locked_table_is_not_waited_for_without_end(
        self, session: Session, other: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "_PINS", module._PINS.replace("'5s'", "'10ms'"))
        other.execute("LOCK TABLE public.t IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(ProviderError, match="a table that must be read is locked by another session"):
            session.query(READ)
        other.rollback()
        assert session.query(READ) == [(0,)]

    def test_rows_that_a_policy_hides_are_an_error(
        self, target: MakeTarget, session: Session, sandbox_cluster: Cluster
    ) -> None:
        session.change([Statement(sql.SQL("ALTER TABLE public.t ENABLE ROW LEVEL SECURITY"))])
        name = str(conninfo_to_dict(target().database_url)["dbname"])
        limited = target(database_url=sandbox_cluster.url(LIMITED_READER, name))
        with closing(Session(limited)) as blind, pytest.raises(ProviderError) as raised:
            blind.query(READ)
        assert str(raised.value) == (
            "the role can't read all that is declared: query would be affected by row-level security policy "
            'for table "t"; use one with BYPASSRLS'
        )

    def test_settings_of_the_database_change_no_printing(
        self, target: MakeTarget, run_sql: RunSql, blank_database: databases.Target
    ) -> None:
        run_sql(
            "CREATE TABLE public.printed "
            "(at timestamptz DEFAULT '2025-01-01 00:00+00', d interval DEFAULT '1 day')"
        )
        for setting in (
            "quote_all_identifiers = on",
            "search_path = public, auth",
            "timezone = 'Asia/Tokyo'",
            "datestyle = 'German'",
            "intervalstyle = 'iso_8601'",
        ):
            run_sql(f'ALTER DATABASE "{blank_database.name}" SET {setting}')
        query = sql.SQL(
            "SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef "
            "WHERE adrelid = 'public.printed'::regclass ORDER BY 1"
        )
        with closing(Session(target())) as session:
            assert session.query(query) == [
                ("'1 day'::interval",),
                ("'2025-01-01 00:00:00+00'::timestamp with time zone",),
            ]


class TestChanging:
    def test_the_last_row_count_is_told(self, session: Session) -> None:
        assert session.change([insert(1), Statement(sql.SQL("INSERT INTO public.t VALUES (2), (3)"))]) == 2

    def test_all_statements_are_one_transaction(self, session: Session) -> None:
        with pytest.raises(ProviderError) as raised:
            session.change([insert(1), insert(1)])
        assert str(raised.value) == (
            'Postgres refused: duplicate key value violates unique constraint "t_pkey"; nothing was changed'
        )
        assert session.query(READ) == [(0,)]

    def test_a_refusal_quotes_no_row(self, session: Session) -> None:
        session.change([insert(4711)])
        with pytest.raises(ProviderError) as raised:
            session.change([insert(4711)])
        assert "4711" not in str(raised.value)

    def test_a_busy_lock_is_tried_again(
        self,
        session: Session,
        other: psycopg.Connection,
        impatient: list[float],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        other.execute("LOCK TABLE public.t")

        def pause(_: Session, seconds: float) -> None:
            impatient.append(seconds)
            if len(impatient) == 3:
                other.rollback()

        monkeypatch.setattr(Session, "pause", pause)
        assert session.change([insert(1)]) == 1
        assert len(impatient) == 3
        assert impatient[0] < 1

    def test_a_lock_that_stays_busy_is_given_up(
        self, session: Session, other: psycopg.Connection, impatient: list[float]
    ) -> None:
        other.execute("LOCK TABLE public.t")
        with pytest.raises(ProviderError) as raised:
            session.change([Statement(sql.SQL("ALTER TABLE public.t ADD COLUMN a int"))])
        assert str(raised.value) == (
            "a lock was not free within 10ms, 150 times in a row, so nothing was changed; "
            "find the long transaction in pg_stat_activity, then run the same command again"
        )
        assert len(impatient) == module.LOCK_ATTEMPTS - 1

    def test_a_lock_is_waited_for_briefly(self, session: Session) -> None:
        session.change(
            [
                insert(1),
                Statement(sql.SQL("CREATE TABLE public.seen AS SELECT current_setting('lock_timeout')")),
            ]
        )
        assert session.query(sql.SQL("SELECT * FROM public.seen")) == [(module.LOCK_TIMEOUT,)]

    def test_a_second_update_is_kept_out_until_the_first_ends(
        self, session: Session, target: MakeTarget
    ) -> None:
        session.change([insert(1)])
        with closing(Session(target())) as second:
            with pytest.raises(ProviderError) as raised:
                second.change([insert(2)])
            assert re.fullmatch(
                r"another update of this database is running \(server process \d+\); wait until it ends",
                str(raised.value),
            )
            assert second.query(READ) == [(1,)]
            session.close()
            assert second.change([insert(2)]) == 1

    def test_an_update_of_another_database_is_not_in_the_way(
        self, session: Session, production_copy: databases.Target
    ) -> None:
        elsewhere = production_of(production_copy.ref, database_url=production_copy.database_url)
        session.change([insert(1)])
        with closing(Session(elsewhere)) as second:
            assert second.change([Statement(sql.SQL("CREATE TABLE public.made (id int)"))]) == -1
