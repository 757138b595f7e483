"""The database: whether it is the one named, and whether the role may do what the declarations need."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

from psycopg import sql

from operations.doctor.finding import Finding
from provider.errors import ProviderError
from provider.postgres.session import ADVISORY_LOCK, Session
from provider.target import Target

PLANE = "database"
SKEW_SECONDS = 60.0
"""Signatures of webhooks are refused after 300 seconds, and tokens are issued to the second."""

_STANDING = sql.SQL("""
SELECT current_user::text, current_setting('server_version'), extract(epoch FROM clock_timestamp())::float8,
  (SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid() AND ssl),
  (SELECT rolbypassrls OR rolsuper FROM pg_roles WHERE rolname = current_user),
  has_schema_privilege('public', 'CREATE'),
  coalesce(users.seen AND has_table_privilege(users.oid, 'SELECT'), false),
  coalesce(users.seen AND has_table_privilege(users.oid, 'TRIGGER'), false),
  has_database_privilege(current_database(), 'CREATE'),
  ARRAY(SELECT c.relname::text FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace
    AND c.relkind IN ('r', 'p') AND NOT pg_has_role(c.relowner, 'USAGE') ORDER BY 1),
  (SELECT min(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted AND objid = {lock}
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))
FROM (VALUES (true)) AS one
LEFT JOIN (SELECT c.oid, has_schema_privilege(n.oid, 'USAGE') AS seen
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = 'auth' AND c.relname = 'users') AS users ON true
""").format(lock=sql.Literal(ADVISORY_LOCK))


class _Standing(NamedTuple):
    """One row of the query above."""

    role: str
    version: str
    clock: float
    tls: str | None
    sees_all_rows: bool
    creates: bool
    reads_users: bool
    hooks_users: bool
    makes_schemas: bool
    not_owned: list[str]
    updating: int | None


def findings(target: Target, now: Callable[[], float] = time.time) -> Iterator[Finding]:
    """All that is found in one connection, and only by reading."""
    session = Session(target)
    try:
        row = session.query(_STANDING)[0]
    except ProviderError as error:
        yield Finding(PLANE, "reached", str(error))
    else:
        yield from _judged(target, _Standing(*row), now())
    finally:
        session.close()


def _judged(target: Target, standing: _Standing, now: float) -> Iterator[Finding]:
    role = standing.role
    yield Finding(PLANE, f"reached as {role}, Postgres {standing.version}")
    yield Finding(PLANE, f"the connection is under {standing.tls or 'no TLS, as it stays on this machine'}")
    yield _right("sees all rows", standing.sees_all_rows, f"ALTER ROLE {role} BYPASSRLS")
    yield _right("reads auth.users", standing.reads_users, f"GRANT SELECT ON auth.users TO {role}")
    yield _right("may create in public", standing.creates, f"GRANT CREATE ON SCHEMA public TO {role}")
    database = "the database" if target.kind == "hosted" else target.environment
    yield _right(
        f"may create schemas in {database}", standing.makes_schemas, f"GRANT CREATE ON DATABASE … TO {role}"
    )
    yield _right(
        "may put triggers on auth.users", standing.hooks_users, f"GRANT TRIGGER ON auth.users TO {role}"
    )
    yield _owned(standing)
    yield _free(standing)
    yield _in_time(standing, now)


def _right(what: str, granted: bool, grant: str) -> Finding:
    lacking = f"the role lacks it; on Supabase take the role postgres, elsewhere `{grant}`"
    return Finding(PLANE, what, "" if granted else lacking)


def _owned(standing: _Standing) -> Finding:
    if not standing.not_owned:
        return Finding(PLANE, "may change every table of public")
    first = standing.not_owned[0]
    return Finding(
        PLANE,
        "may change every table of public",
        f"{len(standing.not_owned)} belong to others ({first} is one); on Supabase take the role postgres, "
        f"elsewhere `ALTER TABLE {first} OWNER TO {standing.role}`, or grant its owner to that role",
    )


def _free(standing: _Standing) -> Finding:
    problem = f"server process {standing.updating} holds its lock; wait until it ends"
    return Finding(PLANE, "no update is running", problem if standing.updating else "")


def _in_time(standing: _Standing, now: float) -> Finding:
    skew = abs(standing.clock - now)
    problem = f"they are {skew:.0f} s apart, and {SKEW_SECONDS:.0f} are borne; set this machine's clock"
    return Finding(PLANE, "its clock and this machine's agree", problem if skew > SKEW_SECONDS else "")
