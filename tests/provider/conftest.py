"""What the provider's tests share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from uuid import uuid4

import psycopg
import pytest
from hypothesis import settings
from psycopg import sql

from provider.postgres.catalog import Catalog
from provider.postgres.session import Session
from provider.target import Target
from sandbox import databases
from sandbox.cluster import OWNER, READER, Cluster
from tests.targets import target_of

# How long an example takes says something of the machine's other work alone.
settings.register_profile("provider", deadline=None)
settings.load_profile("provider")

MakeTarget = Callable[..., Target]
NewDatabase = Callable[[], AbstractContextManager[databases.Target]]
RunSql = Callable[[str], list[tuple[object, ...]]]


@pytest.fixture(scope="session")
def new_database(sandbox_cluster: Cluster) -> Iterator[NewDatabase]:
    """Makes blank databases over one connection: the cases need hundreds of them."""
    with databases.admin(sandbox_cluster) as connection:

        @contextmanager
        def make() -> Iterator[databases.Target]:
            ref = f"case_{uuid4().hex[:16]}"
            name = f"scratch_{ref}"
            databases.create_from(connection, name, databases.BLANK_SEED)
            setting = sql.Identifier(*databases.REF_SETTING.split("."))
            naming = sql.SQL("ALTER DATABASE {} SET {} = {}").format(sql.Identifier(name), setting, ref)
            connection.execute(naming)
            try:
                owner, reader = (sandbox_cluster.url(role, name) for role in (OWNER, READER))
                yield databases.Target(ref, name, owner, reader)
            finally:
                connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

        yield make


@pytest.fixture
def target(blank_database: databases.Target) -> MakeTarget:
    """Makes the provider's target for a blank database; what is given replaces its values."""

    def make(**replaced: object) -> Target:
        given = {"project_ref": blank_database.ref, "database_url": blank_database.database_url, **replaced}
        return target_of(**given)  # type: ignore[arg-type]  # the values are checked by their use

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
