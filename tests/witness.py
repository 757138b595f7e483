"""What must be the same whatever way a database came to a phase: the schema by pg_dump, rows by themselves.

Neither shares a query with the provider.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import psycopg
from psycopg import sql

from components.identity import ADDED_COLUMNS
from provider.postgres import own
from sandbox.cluster import Cluster
from sandbox.databases import Target
from tests.provider.dumps import dump

Rows = dict[str, dict[str, dict[str, Any]]]
"""By table and key."""

KEYS = {"auth.users": "id", "public.profiles": "id", "public.active_sessions": "id"}
KEYS |= {"public.lerg_codes": "npa", "public.enhanced_lerg": "npa"}

FILLED = {"role": {"user"}, "email": None}
"""What a backfill may put where there was nothing; None for anything."""

WRITES = {
    "auth.users": (
        "INSERT INTO auth.users (id, email) VALUES (gen_random_uuid(), %(n)s || '@example.invalid')",
        "UPDATE public.profiles SET stripe_customer_id = 'cus_' || %(n)s "
        "WHERE id = (SELECT id FROM auth.users WHERE email = %(n)s || '@example.invalid')",
    ),
    "public.lerg_codes": (
        "INSERT INTO public.lerg_codes (npa, state, country) VALUES ('0' || %(n)s, 'NJ', 'US')",
    ),
    "public.enhanced_lerg": (
        "INSERT INTO public.enhanced_lerg "
        "(npa, country_code, country_name, state_province_code, state_province_name, notes) "
        "VALUES ('1' || %(n)s, 'US', 'United States', 'NJ', 'New Jersey', 'written at ' || %(n)s)",
    ),
    "public.active_sessions": (
        "INSERT INTO public.active_sessions (user_id, session_token) "
        "SELECT id, 'token ' || %(n)s FROM public.profiles LIMIT 1",
        "UPDATE public.profiles SET total_uploads = total_uploads + 1, billing_period = 'annual' "
        "WHERE stripe_customer_id = 'cus_' || %(n)s",
    ),
}
"""By the table that must be there: what users and administrators write at the n-th stop, of two digits."""


def live_rows(connection: psycopg.Connection[Any]) -> Iterator[tuple[str, dict[str, dict[str, Any]]]]:
    for table, key in KEYS.items():
        if connection.execute("SELECT to_regclass(%s)", [table]).fetchone() != (None,):
            name = sql.Identifier(*table.split("."))
            rows = connection.execute(sql.SQL("SELECT to_jsonb(t) FROM {} AS t").format(name)).fetchall()
            yield table, {str(row[key]): row for (row,) in rows}


class Witness:
    """Remembers every row that was ever there, and each column that it had."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._known: Rows = {}
        self._stops = 0

    def write(self) -> None:
        """Let users write, and remember it."""
        self._stops += 1
        with psycopg.connect(self._target.database_url) as connection:
            for table in dict(live_rows(connection)).keys() & WRITES.keys():
                for statement in WRITES[table]:
                    connection.execute(statement.encode(), {"n": f"{self._stops:02}"})
        with psycopg.connect(self._target.database_url) as connection:
            self._remember(dict(live_rows(connection)))

    def compare(self, stop: str) -> None:
        """Every row that was there is, value for value, in each table and column that the phase has."""
        with psycopg.connect(self._target.database_url) as connection:
            found = dict(live_rows(connection))
        for table in found.keys() & self._known.keys():
            lost = self._known[table].keys() - found[table].keys()
            assert not lost, f"{stop}: {table} lost {lost}"
            for key, row in self._known[table].items():
                changed = dict(different(row, found[table][key]))
                assert not changed, f"{stop}: {table} {key} {changed}"
        self._remember(found)

    def checksums(self) -> dict[str, str]:
        """The number of rows of each table, with a digest of them all."""
        with psycopg.connect(self._target.database_url) as connection:
            found = dict(live_rows(connection))
        return {
            table: f"{len(rows)} {hashlib.sha256(json.dumps(rows, sort_keys=True).encode()).hexdigest()[:16]}"
            for table, rows in found.items()
        }

    def _remember(self, found: Rows) -> None:
        for table, rows in found.items():
            known = self._known.setdefault(table, {})
            for key, row in rows.items():
                known[key] = {**known.get(key, {}), **row}


def different(was: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[tuple[str, tuple[Any, Any]]]:
    for column in was.keys() & now.keys():
        allowed = FILLED.get(column, set())
        filled = was[column] is None and (allowed is None or now[column] in allowed)
        if was[column] != now[column] and not filled:
            yield column, (was[column], now[column])


def objects(cluster: Cluster, target: Target) -> dict[str, frozenset[str]]:
    """Every object with the lines of its definition, in no order: a column that came back is the last."""
    told: dict[str, frozenset[str]] = {}
    for entry in dump(cluster, target, without=[own.SCHEMA]).split("\n\n"):
        heading, *body = entry.strip().splitlines()
        told[heading] = frozenset(line.strip().rstrip(",") for line in body)
    return told


def of_later_phases(heading: str, more: frozenset[str]) -> bool:
    """Whether an object, or what there is more of it, is of a column that stays with what it holds."""
    names = "|".join(ADDED_COLUMNS)
    if re.fullmatch(rf"COLUMN profiles\.({names}); Type: COMMENT; .*", heading):
        return True
    added = re.compile(rf'"?({names})"? .*')
    return heading.startswith("profiles; Type: TABLE;") and all(map(added.fullmatch, more))


def assert_back(found: dict[str, frozenset[str]], wanted: dict[str, frozenset[str]], stop: str) -> None:
    assert not wanted.keys() - found.keys(), stop
    for heading, lines in found.items():
        before = wanted.get(heading, frozenset())
        if lines != before:
            assert lines > before, (stop, heading, before - lines)
            assert of_later_phases(heading, lines - before), (stop, heading, lines - before)
