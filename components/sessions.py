"""Sessions of signed-in users."""

from __future__ import annotations

from collections.abc import Sequence

from components.access import open_function, open_table
from components.declaration import Declaration, since
from components.domain import Domain
from components.functions import SESSION_SECRET, Served, served
from components.templates import render
from provider.schema.postgres import Column, Constraint, Function, Index, Policy, Table
from settings import Settings

ACTIVE_SESSIONS = Table(
    name="active_sessions",
    columns={
        "id": Column(type="uuid", null="refused", default="gen_random_uuid()"),
        "user_id": Column(type="uuid"),
        "session_token": Column(type="text", null="refused"),
        "created_at": Column(type="timestamptz", default="now()"),
        "last_heartbeat": Column(type="timestamptz", default="now()"),
        "user_agent": Column(type="text"),
        "ip_address": Column(type="inet"),
        "browser_info": Column(type="jsonb"),
        "is_active": Column(type="boolean", default="true"),
    },
    row_security=True,
)

CLEANUP_STALE_SESSIONS = Function(
    name="cleanup_stale_sessions",
    returns="void",
    language="sql",
    body=render("sessions/cleanup_stale_sessions.sql"),
    security_definer=True,
)


FUNCTIONS = (
    Served("manage-session", 6, reads=(SESSION_SECRET.name,)),
    Served("check-session", 6, reads=(SESSION_SECRET.name,)),
    Served("pre-login-check", 6, verify_jwt=False),
    Served("cleanup-session", 6),
    Served("force-logout", 6),
)


class Sessions(Domain):
    """The table of sessions from phase 2, those who keep it from phase 6."""

    name = "sessions"

    @staticmethod
    def declarations(settings: Settings) -> Sequence[Declaration]:
        """`active_sessions` and what belongs to it, and the functions."""
        table = ACTIVE_SESSIONS.name
        objects = [
            since(2, ACTIVE_SESSIONS),
            since(2, open_table(ACTIVE_SESSIONS)),
            since(2, Constraint(table=table, name="active_sessions_pkey", definition="PRIMARY KEY (id)")),
            since(
                2,
                Constraint(
                    table=table, name="active_sessions_session_token_key", definition="UNIQUE (session_token)"
                ),
            ),
            since(
                2,
                Constraint(
                    table=table,
                    name="active_sessions_user_id_fkey",
                    definition="FOREIGN KEY (user_id) REFERENCES public.profiles(id) ON DELETE CASCADE",
                ),
                after=("voip:postgres:Constraint::public.profiles/profiles_pkey",),
            ),
            since(2, Index(table=table, name="idx_active_sessions_user_id", definition="btree (user_id)")),
            since(
                2,
                Policy(
                    table=table,
                    name="Users can manage own sessions",
                    roles=["authenticated"],
                    using="user_id = auth.uid()",
                ),
            ),
            since(6, CLEANUP_STALE_SESSIONS),
            since(6, open_function(CLEANUP_STALE_SESSIONS)),
        ]
        return list(served(objects, FUNCTIONS))
