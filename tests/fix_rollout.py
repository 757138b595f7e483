"""Stacks on their way: adopted, and led to a phase, once for the whole run; each test has a copy of its own.

A copy is a project and a database under a ref of its own, with all that the commands left in both.
"""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

import pytest
from psycopg import sql

from components.audit import DROPS
from sandbox import databases
from sandbox.cluster import Cluster
from sandbox.databases import Target
from settings import LAST_PHASE
from tests.fix_project import Project, project_at
from tests.fix_sandbox import run_folder, scratch

CONSENTED = min(drop.phase for drop in DROPS)
"""The first phase in which a stack's consents change anything: tests/components/test_rollout.py."""


@dataclass(frozen=True)
class Stop:
    """Where a stack stands: adopted as it was found, or so many steps of the rollout further."""

    stack: str
    phase: int = 0
    consenting: bool = False

    def __str__(self) -> str:
        return f"{self.stack} at {self.phase}{' consenting' if self.consenting else ''}"

    @property
    def before(self) -> Stop:
        """The stop from which one step leads here."""
        return Stop(self.stack, self.phase - 1, self.consenting and self.phase > CONSENTED)


class Led(NamedTuple):
    """A stack that stands at a stop."""

    project: Project
    target: Target


class Stops:
    """The stops of a run: each is made by the first worker that asks, and changed by nobody afterwards.

    At the goal nothing is left to do, which is seen to before it is copied: where the payments' functions lie
    is part of what gate 5 verified, so that a copy's preview shows that gate again.
    """

    def __init__(self, cluster: Cluster, folder: Path) -> None:
        self._cluster = cluster
        self._folder = folder

    @contextmanager
    def at(self, stop: Stop, root: Path) -> Iterator[Led]:
        """A copy of a stop, its project in a new folder."""
        kept = self._kept(stop)
        with scratch(self._cluster, lambda ref: databases.copy(self._cluster, kept.name, ref)) as target:
            project = project_at(root)
            _take_over(project, kept, target)
            yield Led(project, target)

    def adopted(self, stack: str, project: Project, target: Target) -> Project:
        """The project with what adoption leaves in it, for a stack whose target is as it was found."""
        _take_over(project, self._kept(Stop(stack)), target)
        return project

    def _kept(self, stop: Stop) -> Path:
        """The project's folder of a stop, named by the target's ref."""
        place = self._folder / str(stop)
        place.mkdir(parents=True, exist_ok=True)
        with (place / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (kept := place / "kept").exists():
                # An attempt that fails is left to the end of the run, which removes all.
                kept.symlink_to(self._make(stop, place / f"stop_{uuid4().hex[:16]}"))
            return kept.resolve()

    def _make(self, stop: Stop, root: Path) -> Path:
        project = project_at(root)
        if stop.phase:
            kept = self._kept(stop.before)
            target = databases.copy(self._cluster, kept.name, root.name)
            _take_over(project, kept, target)
            if stop.consenting and not stop.before.consenting:
                project.consent(stop.stack)
            project.walk(stop.stack, [stop.phase])
            if stop.phase == LAST_PHASE:
                project.settled(stop.stack)
        else:
            target = databases.copy(self._cluster, stop.stack, root.name, from_seed=True)
            project.point(stop.stack, target)
            project.adopt(stop.stack)
        self._close(target)
        return root

    def _close(self, target: Target) -> None:
        """Let nobody in any more, nor the functions that were called on the way: only then is it copied."""
        closed = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(sql.Identifier(target.name))
        ended = "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = %s"
        with databases.admin(self._cluster) as connection:
            connection.execute(closed)
            connection.execute(ended, [target.name])


def _take_over(project: Project, kept: Path, target: Target) -> None:
    """Give a new project what the commands left in another, told of another target."""
    for path in kept.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.copytree(path, project.root / path.name, dirs_exist_ok=True)
        elif not path.is_symlink():
            shutil.copy(path, project.root)
    for path in project.root.rglob("*"):
        if path.suffix in {".bak", ".json", ".yaml"} and kept.name in (text := path.read_text("utf-8")):
            text = text.replace(str(kept), str(project.root)).replace(kept.name, target.ref)
            path.write_text(text, "utf-8")
    project.publish(target)


@pytest.fixture(scope="session")
def stops(sandbox_cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Stops:
    """The stops of the run, which its workers share as they share the sandbox."""
    return Stops(sandbox_cluster, run_folder(tmp_path_factory) / "stops")


ProductionAt = Callable[..., Led]


@pytest.fixture
def production_at(stops: Stops, tmp_path: Path) -> Iterator[ProductionAt]:
    """Leads production to a phase, with or without its consents to what is dropped."""
    with ExitStack() as opened:

        def lead(phase: int, *, consenting: bool = False) -> Led:
            stop = Stop("production", phase, consenting)
            return opened.enter_context(stops.at(stop, tmp_path / str(stop) / "a project"))

        yield lead


@pytest.fixture
def production(stops: Stops, project: Project, production_copy: Target) -> Project:
    """A project whose stack `production` is adopted from production as it was found."""
    return stops.adopted("production", project, production_copy)


@pytest.fixture
def staging(stops: Stops, project: Project, staging_copy: Target) -> Project:
    """A project whose stack `staging` is adopted from staging as it was found."""
    return stops.adopted("staging", project, staging_copy)
