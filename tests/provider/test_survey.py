"""An environment read whole: by a role that can only read, in as many questions whatever it holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import psycopg
import pytest

from components.lerg import reference
from provider.plane import Planes
from provider.postgres.session import Session
from provider.schema.snapshot import Snapshot
from provider.survey import fingerprint
from sandbox.databases import Target
from tests.fix_project import ROOT
from tests.targets import target_of

MANY_TABLES = """
DO $$ BEGIN
  FOR number IN 1..200 LOOP
    EXECUTE format('CREATE TABLE public.many_%1$s (id integer PRIMARY KEY)', number);
    EXECUTE format('CREATE POLICY own ON public.many_%1$s TO authenticated USING (id = 1)', number);
  END LOOP;
END $$
"""

OTHERS = """
CREATE SCHEMA another;
CREATE TYPE public.mood AS ENUM ('good', 'bad');
CREATE DOMAIN public.npa AS text CHECK (VALUE ~ '^[0-9]{3}$');
CREATE TYPE public.pair AS (a integer, b text);
CREATE VIEW public.names AS SELECT id FROM public.profiles;
CREATE MATERIALIZED VIEW public.counted AS SELECT count(*) FROM public.profiles;
CREATE SEQUENCE public.numbers START 5;
CREATE TABLE another.things (id integer);
"""


def planes(database: Target, *, url: str = "", **more: Any) -> Planes:
    return Planes(
        target_of(
            database.ref,
            database_url=url or database.reader_url,
            landmark="public.profiles",
            printed=ROOT / "sql" / "printed.json",
            management_url=database.management_url,
            access_token=database.access_token,
            stripe_url=database.stripe_url,
            stripe_key=database.stripe_key,
            **more,
        )
    )


def taken(database: Target, **more: Any) -> Snapshot:
    opened = planes(database, **more)
    try:
        return opened.survey([reference(False)])
    finally:
        opened.close()


def test_a_reader_sees_every_plane_and_nobodys_data(staging_copy: Target) -> None:
    found = taken(staging_copy)
    assert found.unread == {}
    tokens = {key.partition("::")[0] for key in found.objects}
    assert {
        f"voip:{kind}"
        for kind in (
            "postgres:Table", "postgres:Constraint", "postgres:Index", "postgres:Policy", "postgres:Function",
            "postgres:Trigger", "postgres:Privileges", "postgres:DefaultPrivileges", "postgres:Row",
            "postgres:Migration", "postgres:Extension", "supabase:Function", "stripe:Product", "stripe:Price",
            "stripe:WebhookEndpoint", "stripe:PortalConfiguration",
        )
    } <= tokens  # fmt: skip
    assert found.counts["public.profiles"] == 4
    text = msgspec.json.encode(found).decode()
    assert "@staging.example.com" not in text
    assert staging_copy.stripe_key not in text


def test_the_number_of_questions_does_not_depend_on_what_there_is(
    production_copy: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    ask = Session.query_all

    def counted(session: Session, queries: Sequence[Any], *given: Any) -> Any:
        asked.append(len(queries))
        return ask(session, queries, *given)

    monkeypatch.setattr(Session, "query_all", counted)
    few = taken(production_copy)
    before, asked[:] = list(asked), []
    with psycopg.connect(production_copy.database_url) as connection:
        connection.execute(MANY_TABLES)
    many = taken(production_copy)
    assert len(many.objects) == len(few.objects) + 800  # with their keys and privileges
    assert asked == before


def test_what_no_resource_declares_is_seen_too(production_copy: Target) -> None:
    before = taken(production_copy)
    with psycopg.connect(production_copy.database_url) as connection:
        connection.execute(OTHERS)
    after = taken(production_copy)
    new = {key for key in after.objects.keys() - before.objects.keys() if "Privileges::" not in key}
    assert new == {
        "voip:postgres:Schema::another",
        "voip:postgres:Type::public.mood",
        "voip:postgres:Type::public.npa",
        "voip:postgres:Type::public.pair",
        "voip:postgres:View::public.names",
        "voip:postgres:MaterializedView::public.counted",
        "voip:postgres:Sequence::public.numbers",
        "voip:postgres:Table::another.things",
    }


def test_an_unreachable_plane_is_told_and_the_others_are_read(production_copy: Target) -> None:
    blind = Target(
        production_copy.ref, production_copy.name, production_copy.database_url, production_copy.reader_url
    )
    found = taken(blind)
    assert set(found.unread) == {"functions", "stripe"}
    assert "voip:accessToken" in found.unread["functions"]
    assert "voip:postgres:Table::public.profiles" in found.objects


def test_a_fingerprint_tells_what_is_compared_and_not_when(staging_copy: Target) -> None:
    first, second = taken(staging_copy), taken(staging_copy)
    assert first.fingerprint == second.fingerprint == fingerprint(first)
    with psycopg.connect(staging_copy.database_url) as connection:
        connection.execute("COMMENT ON TABLE public.profiles IS 'Another'")
    assert taken(staging_copy).fingerprint != first.fingerprint
