"""What a connection URL tells before anything is connected."""

from __future__ import annotations

import re

import psycopg

from provider.target import Target

FORM = "postgresql://USER:PASSWORD@HOST:PORT/DATABASE"
TRANSACTION_POOLER = "6543"

_DIRECT_HOST = re.compile(r"db\.([a-z0-9]+)\.supabase\.")
_POOLER_HOST = re.compile(r".+\.pooler\.supabase\.")


def url_problem(target: Target) -> str | None:
    """What is wrong with a target's URL itself. libpq's own messages would quote it, with its password."""
    parts = _parts(target.database_url)
    if parts is None:
        return f"voip:databaseUrl of {target} is no connection URL; it has the form {FORM}"
    port = parts.get("port", "5432")
    if "@" in parts.get("host", "") + parts.get("dbname", "") or not port.replace(",", "").isdecimal():
        return (
            f"voip:databaseUrl of {target} is cut at a wrong place; in its password, write @ as %40, "
            f"/ as %2F, # as %23, ? as %3F, : as %3A and % as %25: {FORM}"
        )
    named = named_project(target.database_url)
    if named and named != target.project_ref:
        return (
            f"voip:databaseUrl of {target} is that of the project {named}; "
            "correct voip:databaseUrl or voip:projectRef of this stack"
        )
    if named and port == TRANSACTION_POOLER:
        return (
            f"voip:databaseUrl of {target} is the transaction pooler's (port {port}), which forgets a "
            "session's settings; take the session pooler's (port 5432)"
        )
    return None


def named_project(url: str) -> str | None:
    """The Supabase project that a URL names: in a direct host, or in the pooler's user."""
    parts = _parts(url) or {}
    host = parts.get("host", "")
    if direct := _DIRECT_HOST.match(host):
        return direct[1]
    pooled = parts.get("user", "").partition(".")[2] if _POOLER_HOST.match(host) else ""
    return pooled or None


def _parts(url: str) -> dict[str, str] | None:
    try:
        return {name: str(value) for name, value in psycopg.conninfo.conninfo_to_dict(url).items()}
    except psycopg.ProgrammingError:
        return None
