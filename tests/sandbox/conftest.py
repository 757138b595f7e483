"""The two environments as they were built: what a test changes in them is undone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from sandbox import databases
from sandbox.cluster import Cluster
from sandbox.databases import Target
from tests.fix_sandbox import scratch


@contextmanager
def seeded(cluster: Cluster, environment: str) -> Iterator[psycopg.Connection]:
    def make(ref: str) -> Target:
        return databases.copy(cluster, environment, ref, from_seed=True)

    with scratch(cluster, make) as target, psycopg.connect(target.database_url) as connection:
        yield connection


@pytest.fixture(scope="module")
def production_connection(sandbox_cluster: Cluster) -> Iterator[psycopg.Connection]:
    with seeded(sandbox_cluster, "production") as connection:
        yield connection


@pytest.fixture(scope="module")
def staging_connection(sandbox_cluster: Cluster) -> Iterator[psycopg.Connection]:
    with seeded(sandbox_cluster, "staging") as connection:
        yield connection


@pytest.fixture
def production(production_connection: psycopg.Connection) -> Iterator[psycopg.Connection]:
    """Production, as postgres, in a transaction that is rolled back."""
    yield production_connection
    production_connection.rollback()


@pytest.fixture
def staging(staging_connection: psycopg.Connection) -> Iterator[psycopg.Connection]:
    """Staging, as postgres, in a transaction that is rolled back."""
    yield staging_connection
    staging_connection.rollback()
