"""The base grants what Supabase grants, and postgres is no superuser."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import errors

from sandbox import databases
from sandbox.cluster import LIMITED_READER, READER, Cluster
from sandbox.databases import Target
from tests.sandbox.reading import one, rows, values

FUNCTION = "EXECUTE FUNCTION public.handle_new_user()"

ALLOWED = [
    "DROP TRIGGER on_auth_user_created ON auth.users",
    "DROP TRIGGER IF EXISTS nothing_of_the_name ON auth.users",
    f"CREATE TRIGGER another AFTER UPDATE ON auth.users FOR EACH ROW {FUNCTION}",
    f"CREATE OR REPLACE TRIGGER on_auth_user_created AFTER INSERT ON auth.users FOR EACH ROW {FUNCTION}",
    "DROP FUNCTION public.handle_new_user() CASCADE",
    "GRANT SELECT ON auth.users TO sandbox_reader",
    "INSERT INTO auth.users (id) VALUES (gen_random_uuid())",
    "UPDATE auth.users SET phone = NULL",
    "DELETE FROM auth.users",
    "CREATE TABLE public.mine (id uuid REFERENCES auth.users (id))",
    "ALTER TABLE public.profiles DROP CONSTRAINT profiles_id_fkey",
    "DROP TABLE public.profiles CASCADE",
    "CREATE SCHEMA mine",
    "COMMENT ON TABLE public.profiles IS 'mine'",
    "CREATE ROLE mine",
]

REFUSED = [
    "ALTER TRIGGER on_auth_user_created ON auth.users RENAME TO renamed",
    "ALTER TABLE auth.users DISABLE TRIGGER on_auth_user_created",
    "COMMENT ON TRIGGER on_auth_user_created ON auth.users IS 'mine'",
    "ALTER TABLE auth.users ADD COLUMN mine int",
    "ALTER TABLE auth.users OWNER TO postgres",
    "ALTER TABLE auth.users DISABLE ROW LEVEL SECURITY",
    "COMMENT ON TABLE auth.users IS 'mine'",
    "CREATE INDEX ON auth.users (email)",
    "DROP INDEX auth.users_instance_id_idx",
    "DROP TABLE auth.users CASCADE",
    "CREATE TABLE auth.mine (id int)",
    "CREATE POLICY mine ON auth.users USING (true)",
    "CREATE OR REPLACE FUNCTION auth.uid() RETURNS uuid LANGUAGE sql AS 'SELECT NULL::uuid'",
    "DROP FUNCTION auth.email()",
    "GRANT UPDATE ON auth.users TO anon",
    "REVOKE ALL ON auth.users FROM supabase_auth_admin",
    "GRANT CREATE ON SCHEMA auth TO sandbox_reader",
    "ALTER DEFAULT PRIVILEGES FOR ROLE supabase_auth_admin IN SCHEMA auth GRANT SELECT ON TABLES TO anon",
    "DROP SCHEMA auth CASCADE",
    "ALTER SCHEMA auth RENAME TO mine",
    "SET ROLE supabase_auth_admin",
    "SET ROLE supabase_admin",
    "DROP EVENT TRIGGER guard_auth_ddl",
    "ALTER ROLE postgres SUPERUSER",
    "COPY public.profiles TO PROGRAM 'cat'",
]


@pytest.mark.parametrize("statement", ALLOWED)
def test_postgres_may(production: psycopg.Connection, statement: str) -> None:
    production.execute(statement.encode())


@pytest.mark.parametrize("statement", REFUSED)
def test_postgres_may_not(production: psycopg.Connection, statement: str) -> None:
    before = privileges(production)
    production.execute("SAVEPOINT before")
    try:
        production.execute(statement.encode())
    except errors.InsufficientPrivilege:
        production.execute("ROLLBACK TO before")
    else:
        # Where nobody's rights but the grantor's own are at stake, Postgres warns and does nothing.
        assert statement.startswith(("GRANT", "REVOKE"))
    assert privileges(production) == before


def privileges(connection: psycopg.Connection) -> list[tuple[object, ...]]:
    return rows(
        connection,
        """
        SELECT oid, relacl FROM pg_class WHERE relnamespace = 'auth'::regnamespace
        UNION ALL SELECT oid, nspacl FROM pg_namespace WHERE nspname = 'auth' ORDER BY 1
        """,
    )


def test_an_unknown_trigger_stays_unknown(production: psycopg.Connection) -> None:
    with pytest.raises(errors.UndefinedObject):
        production.execute("DROP TRIGGER nothing_of_the_name ON auth.users")


def test_the_roles_are_supabases(production: psycopg.Connection) -> None:
    roles = """
        SELECT rolname, concat_ws(' ',
          CASE WHEN rolsuper THEN 'super' END, CASE WHEN rolcanlogin THEN 'login' END,
          CASE WHEN rolinherit THEN 'inherit' END, CASE WHEN rolcreatedb THEN 'createdb' END,
          CASE WHEN rolcreaterole THEN 'createrole' END, CASE WHEN rolreplication THEN 'replication' END,
          CASE WHEN rolbypassrls THEN 'bypassrls' END)
        FROM pg_roles WHERE rolname !~ '^(pg|sandbox|mine)'
    """
    assert dict(rows(production, roles)) == {
        "anon": "inherit",
        "authenticated": "inherit",
        "authenticator": "login",
        "dashboard_user": "inherit createdb createrole replication",
        "postgres": "login inherit createdb createrole replication bypassrls",
        "service_role": "inherit bypassrls",
        "supabase_admin": "super login inherit createdb createrole replication bypassrls",
        "supabase_auth_admin": "login createrole",
    }


def test_the_memberships_are_supabases_and_one(production: psycopg.Connection) -> None:
    memberships = """
        SELECT roleid::regrole::text, concat_ws(' ', CASE WHEN admin_option THEN 'admin' END,
          CASE WHEN inherit_option THEN 'inherit' END, CASE WHEN set_option THEN 'set' END)
        FROM pg_auth_members WHERE member = 'postgres'::regrole AND roleid::regrole::text !~ '^"?mine'
    """
    everything = "admin inherit set"
    assert dict(rows(production, memberships)) == {
        "anon": everything,
        "authenticated": everything,
        "service_role": everything,
        "authenticator": everything,
        "pg_monitor": everything,
        "pg_read_all_data": everything,
        "pg_signal_backend": everything,
        "pg_create_subscription": "inherit set",
        "supabase_auth_admin": "inherit",  # stands in for supautils
    }


def test_what_postgres_makes_in_public_is_open_to_the_api(blank_database: Target) -> None:
    with psycopg.connect(blank_database.database_url) as connection:
        connection.execute("CREATE TABLE public.made (id serial)")
        connection.execute("CREATE FUNCTION public.made() RETURNS int LANGUAGE sql AS 'SELECT 1'")
        for role in ("anon", "authenticated", "service_role"):
            for check in (
                "has_table_privilege('{}', 'public.made', 'INSERT, DELETE, TRUNCATE')",
                "has_sequence_privilege('{}', 'public.made_id_seq', 'USAGE')",
                "has_function_privilege('{}', 'public.made()', 'EXECUTE')",
            ):
                assert one(connection, f"SELECT {check.format(role)}") is True


def test_a_blank_project_has_the_base_and_nothing_more(blank_database: Target) -> None:
    with psycopg.connect(blank_database.database_url) as connection:
        tables = (
            "SELECT schemaname || '.' || tablename FROM pg_tables WHERE schemaname !~ '^(pg_|information)'"
        )
        assert sorted(values(connection, tables)) == [
            "auth.audit_log_entries",
            "auth.users",
            "supabase_migrations.schema_migrations",
        ]
        assert values(connection, "SELECT count(*) FROM auth.users") == [0]
        assert set(values(connection, "SELECT extname FROM pg_extension")) == {
            "plpgsql",
            "pgcrypto",
            "pg_stat_statements",
        }
        assert (
            one(
                connection,
                "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()",
            )
            == "postgres"
        )


def test_the_server_shows_what_supabase_shows(production: psycopg.Connection) -> None:
    assert one(production, "SHOW server_version_num")[:2] == "17"
    assert one(production, "SHOW timezone") == "UTC"
    assert one(production, "SHOW search_path") == '"$user", public, extensions'
    collation = (
        "SELECT datlocprovider::text || ' ' || datlocale FROM pg_database WHERE datname = current_database()"
    )
    assert one(production, collation) == "b C.UTF-8"


def test_the_sign_up_service_signs_users_up(sandbox_cluster: Cluster, production_copy: Target) -> None:
    with psycopg.connect(sandbox_cluster.url("supabase_auth_admin", production_copy.name)) as connection:
        connection.execute("INSERT INTO auth.users (id, email) VALUES (gen_random_uuid(), 'new@example.com')")
        with pytest.raises(errors.InsufficientPrivilege):
            connection.execute("SELECT FROM public.profiles")


@pytest.mark.parametrize(("claims", "setting"), [('{"sub": "%s", "role": "r", "email": "e"}', "claims")])
def test_the_claims_of_a_request(production: psycopg.Connection, claims: str, setting: str) -> None:
    user = "9e5dd7b5-7b14-4b2f-8f0c-000000000001"
    asked = "SELECT auth.uid()::text, auth.role(), auth.email(), auth.jwt() ->> 'sub'"
    assert rows(production, asked) == [(None, None, None, None)]
    production.execute("SELECT set_config(%s, %s, true)", [f"request.jwt.{setting}", claims % user])
    assert rows(production, asked) == [(user, "r", "e", user)]


def test_the_reader_sees_all_rows_and_writes_none(production_copy: Target) -> None:
    with psycopg.connect(production_copy.reader_url, autocommit=True) as connection:
        connection.execute("SET row_security = off")
        assert values(connection, "SELECT count(*) FROM public.profiles") == [14]
        assert values(connection, "SELECT count(*) FROM auth.users") == [14]
        with pytest.raises(errors.ReadOnlySqlTransaction):
            connection.execute("UPDATE public.profiles SET role = 'admin'")
        connection.execute("SET default_transaction_read_only = off")
        with pytest.raises(errors.InsufficientPrivilege):
            connection.execute("UPDATE public.profiles SET role = 'admin'")


def test_the_limited_reader_is_told_of_hidden_rows(sandbox_cluster: Cluster, production_copy: Target) -> None:
    with psycopg.connect(sandbox_cluster.url(LIMITED_READER, production_copy.name)) as connection:
        assert values(connection, "SELECT count(*) FROM public.profiles") == [0]
        connection.execute("SET row_security = off")
        with pytest.raises(errors.InsufficientPrivilege, match="would be affected by row-level security"):
            connection.execute("SELECT count(*) FROM public.profiles")


@pytest.mark.parametrize("role", [READER, "postgres", "supabase_admin"])
def test_a_wrong_password_is_refused(sandbox_cluster: Cluster, role: str) -> None:
    url = sandbox_cluster.url(role, "production").replace(sandbox_cluster.passwords[role], "wrong")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(url)


def test_statements_are_logged_on_demand(sandbox_cluster: Cluster, production_copy: Target) -> None:
    databases.log_statements(sandbox_cluster, production_copy, enabled=True)
    with psycopg.connect(production_copy.database_url) as connection:
        connection.execute("SELECT 'seen in the log'")
    databases.log_statements(sandbox_cluster, production_copy, enabled=False)
    with psycopg.connect(production_copy.database_url) as connection:
        connection.execute("SELECT 'not seen in the log'")
    lines = sandbox_cluster.layout.log.read_text().splitlines()
    [line] = [line for line in lines if f"@{production_copy.name}" in line and "seen in the log" in line]
    assert "SELECT 'seen in the log'" in line
