"""What the provider's tests share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from hypothesis import settings

from provider.postgres.catalog import Catalog
from provider.postgres.session import Session
from provider.target import Target
from sandbox import databases

# How long an example takes says something of the machine's other work alone.
settings.register_profile("provider", deadline=None)
settings.load_profile("provider")

MakeTarget = Callable[..., Target]
RunSql = Callable[[str], list[tuple[object, ...]]]


@pytest.fixture
def target(blank_database: databases.Target) -> MakeTarget:
    """Makes the provider's target for a blank database; what is given replaces its values."""

    def make(**replaced: object) -> Target:
        values: dict[str, object] = {
            "kind": "sandbox",
            "environment": "scratch",
            "project_ref": blank_database.ref,
            "database_url": blank_database.database_url,
            "landmark": "auth.users",
            "printed": Path("printed.json"),
            "scratch": False,
        }
        return Target(**(values | replaced))  # type: ignore[arg-type]  # the values are checked by their use

    return make


@pytest.fixture
def run_sql(blank_database: databases.Target) -> RunSql:
    """Runs a statement past the provider, as the database's owner."""

    def run(statement: str) -> list[tuple[object, ...]]:
        with psycopg.connect(blank_database.database_url, autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    return run


@pytest.fixture
def catalog(target: MakeTarget) -> Iterator[Catalog]:
    """The provider's view of the blank database."""
    with closing(Session(target())) as session:
        yield Catalog(session)
