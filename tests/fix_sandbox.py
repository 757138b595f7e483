"""Fixtures on the sandbox's Postgres: one cluster for the whole run, one database for each test that asks."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest

from sandbox import databases, lifecycle
from sandbox.cluster import Cluster
from sandbox.databases import Target
from sandbox.layout import Layout


@pytest.fixture(scope="session")
def sandbox_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A cluster apart from the project's own, shared by the run's workers and ended by the last of them."""
    # A space in the path, as users' paths have.
    root = run_folder(tmp_path_factory) / "shared sandbox"
    root.mkdir(exist_ok=True)
    with (root / "workers").open("w") as workers:
        fcntl.flock(workers, fcntl.LOCK_SH)
        yield lifecycle.start(root)
        try:
            fcntl.flock(workers, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return  # another worker still uses it
        remove_sandbox(root)


def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that all workers of a run have in common."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


def remove_sandbox(root: Path) -> None:
    """Stops a project's cluster and removes its files, also those that lie outside the project."""
    lifecycle.stop(root)
    layout = Layout(root)
    for place in {layout.home, layout.directory}:
        shutil.rmtree(place, ignore_errors=True)


@pytest.fixture
def production_copy(sandbox_cluster: Cluster) -> Iterator[Target]:
    """Production as it was found, for this test alone."""
    with as_found(sandbox_cluster, "production") as target:
        yield target


@pytest.fixture
def staging_copy(sandbox_cluster: Cluster) -> Iterator[Target]:
    """Staging as it was found, for this test alone."""
    with as_found(sandbox_cluster, "staging") as target:
        yield target


@pytest.fixture
def blank_database(sandbox_cluster: Cluster) -> Iterator[Target]:
    """A new project without a table of its own, for this test alone."""
    with scratch(sandbox_cluster, lambda ref: databases.blank(sandbox_cluster, ref)) as target:
        yield target


@contextmanager
def as_found(cluster: Cluster, environment: str) -> Iterator[Target]:
    """An environment as it was found, in a database of its own."""
    with scratch(cluster, lambda ref: databases.copy(cluster, environment, ref, from_seed=True)) as target:
        yield target


@contextmanager
def scratch(cluster: Cluster, make: Callable[[str], Target]) -> Iterator[Target]:
    target = make(f"test_{uuid4().hex[:16]}")
    try:
        yield target
    finally:
        databases.drop(cluster, target.ref)
