"""Differences seeded by chance over all planes and kinds: all are told, and nothing that is not there."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import msgspec
import psycopg
import pytest
import yaml

from comparison.rows import rows
from components.lerg import reference
from provider.plane import Planes
from provider.schema.snapshot import Snapshot
from provider.schema.stripe import Price, Product
from provider.supabase.management import Management
from provider.target import Target as ProviderTarget
from sandbox.cluster import Cluster
from sandbox.databases import Target
from tests.fix_sandbox import as_found
from tests.provider.test_survey import planes, taken

SEEDS = (1, 2, 3)
EACH = 2
"""How many objects of each kind are made different."""


class Kind(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One way for an object to differ."""

    sql: str
    told: list[str]


class Seeded(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The data file."""

    prepare: str
    kinds: list[Kind]


SEEDED = msgspec.convert(yaml.safe_load((Path(__file__).parent / "seeded.yaml").read_text("utf-8")), Seeded)


def numbered(text: str, number: int) -> str:
    return text.replace("NNN", f"{number:03}")


def run(database: Target, statements: list[str]) -> None:
    with psycopg.connect(database.database_url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def told(first: Snapshot, second: Snapshot) -> list[str]:
    return sorted(f"{row.sign} {row.kind} {row.name}" for row in rows(first, second, [reference(False)]))


@pytest.fixture
def both(staging_copy: Target, sandbox_cluster: Cluster) -> Iterator[tuple[Target, Target]]:
    """Staging twice, with many objects more in each."""
    with as_found(sandbox_cluster, "staging") as second:
        count = EACH * len(SEEDED.kinds)
        made = ["CREATE TABLE public.profiles_ids (id integer PRIMARY KEY)"]
        made += [numbered(SEEDED.prepare, number) for number in range(count)]
        for database in (staging_copy, second):
            run(database, made)
            share_a_key(database)
        yield staging_copy, second


def share_a_key(database: Target) -> None:
    """Each account at Stripe has its own, which is no difference that anybody seeded."""
    opened = planes(database, url=database.database_url)
    management = Management(opened.target)
    management.set_secret("STRIPE_SECRET_KEY", "sk_test_of_both")
    management.close()
    opened.close()


@pytest.mark.parametrize("seed", SEEDS)
def test_all_are_told_and_none_is_invented(both: tuple[Target, Target], seed: int) -> None:
    first, second = both
    before = taken(first)
    assert told(before, taken(second)) == []
    numbers = list(range(EACH * len(SEEDED.kinds)))
    random.Random(seed).shuffle(numbers)  # noqa: S311  the same in every run
    drawn = [(kind, numbers.pop()) for kind in SEEDED.kinds for _ in range(EACH)]
    random.Random(seed + 1).shuffle(drawn)  # noqa: S311
    run(second, [numbered(kind.sql, number) for kind, number in drawn])
    beside = changed_beside(second)
    wanted = sorted([numbered(line, number) for kind, number in drawn for line in kind.told] + beside)
    assert len(wanted) >= 100
    after = taken(second)
    assert told(before, after) == wanted
    reversed_signs = {"missing": "extra", "extra": "missing", "different": "different"}
    back = [f"{reversed_signs[line.partition(' ')[0]]} {line.partition(' ')[2]}" for line in wanted]
    assert sorted(told(after, before)) == sorted(back)


def changed_beside(database: Target) -> list[str]:
    """Changes outside of the database, and what must be told of them."""
    opened = planes(database, url=database.database_url)
    try:
        return [*_project(opened.target), *_payments(opened)]
    finally:
        opened.close()


def _project(target: ProviderTarget) -> Iterator[str]:
    management = Management(target)
    files = {"index.ts": b"Deno.serve(() => new Response());"}
    for slug, sign in (("seeded", "missing"), ("ping-status", "different")):
        management.deploy(slug, files, entrypoint="index.ts", import_map=None, verify_jwt=False)
        yield f"{sign} edge function {slug}"
    management.delete_function("test-env")
    yield "extra edge function test-env"
    management.set_verify_jwt("debug-auth", True)
    yield "different edge function debug-auth"
    management.set_secret("SEEDED", "a value")
    yield "missing secret SEEDED"
    management.close()


def _payments(opened: Planes) -> Iterator[str]:
    kinds = opened.kinds
    kinds[Product.token].create(Product(key="seeded", name="Seeded"))
    yield "missing product seeded"
    live = kinds[Product.token].read("accelerator-plan", None)
    assert isinstance(live, Product)
    kinds[Product.token].update(live, Product(key=live.key, name="Renamed"))
    yield "different product accelerator-plan"
    kinds[Price.token].create(
        Price(lookup_key="seeded_monthly", product=live.product, unit_amount=100, interval="month")
    )
    yield "missing price seeded_monthly"
