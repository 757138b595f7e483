"""What a connection URL tells before anything is connected."""

from __future__ import annotations

from dataclasses import replace

import pytest

from provider.postgres.url import named_project, url_problem
from tests.targets import production_of

REF = "abcdefghijklmnopqrst"
DIRECT = f"postgresql://postgres:s3cr3t@db.{REF}.supabase.co:5432/postgres"
SESSION_POOLER = f"postgresql://postgres.{REF}:s3cr3t@aws-0-eu-west-1.pooler.supabase.com:5432/postgres"
TARGET = production_of(REF, kind="hosted", database_url=DIRECT)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (DIRECT, REF),
        (SESSION_POOLER, REF),
        (f"host=db.{REF}.supabase.co user=postgres", REF),
        ("postgresql://postgres:x@127.0.0.1:25432/production", None),
        (f"postgresql://postgres.{REF}:x@db.example.com/postgres", None),
        (f"postgresql://postgres:x@db.example.com/{REF}", None),
        ("postgresql://postgres:x@aws-0-eu-west-1.pooler.supabase.com/postgres", None),
        ("no url at all", None),
    ],
)
def test_supabase_urls_name_their_project(url: str, expected: str | None) -> None:
    assert named_project(url) == expected


@pytest.mark.parametrize(
    "url",
    [
        DIRECT,
        SESSION_POOLER,
        "postgresql://postgres:%40%2F%23%3F%3A%25@127.0.0.1:25432/production",
        "host=127.0.0.1 port=25432 user=postgres password='a@b/c'",
        "postgresql://postgres@one,two:5432,5433/postgres",
    ],
)
def test_a_usable_url_has_no_problem(url: str) -> None:
    assert url_problem(replace(TARGET, database_url=url)) is None


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("s3cr3t", "is no connection URL; it has the form postgresql://USER:PASSWORD@HOST:PORT/DATABASE"),
        (DIRECT.replace("s3cr3t", "s3@cr3t"), "is cut at a wrong place"),
        (DIRECT.replace("s3cr3t", "s3/cr3t"), "is cut at a wrong place"),
        (DIRECT.replace(REF, "other"), "is that of the project other; correct voip:databaseUrl or"),
        (SESSION_POOLER.replace(f".{REF}", ".other"), "is that of the project other; correct"),
        (SESSION_POOLER.replace("5432", "6543"), "is the transaction pooler's (port 6543)"),
        (DIRECT.replace("5432", "6543"), "is the transaction pooler's (port 6543)"),
    ],
)
def test_a_problem_is_told_without_the_url(url: str, problem: str) -> None:
    told = url_problem(replace(TARGET, database_url=url)) or ""
    assert told.startswith(f"voip:databaseUrl of {TARGET} {problem}")
    assert "cr3t" not in told
