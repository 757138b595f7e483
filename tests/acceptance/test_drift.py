"""What somebody changes by hand shows in the next preview: the object, its sign, the property, and no more.

One project for each stack bears all cases, one after the other. A change that was not fully undone would show
in the next case's preview, and the last preview of all must be as the first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest
import yaml

from sandbox.cluster import OWNER, Cluster
from sandbox.databases import Target
from tests.acceptance.digest import Differences, Line, overlaid, shown
from tests.fix_project import Project, project_at
from tests.fix_sandbox import as_found

HERE = Path(__file__).parent


class Drift(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A change by hand in one environment."""

    change: str
    undo: str
    role: str = OWNER
    shows: list[Line] = []
    """What the preview shows beyond what it showed before."""
    hides: list[str] = []
    """Objects that it no longer shows."""
    spares: dict[str, list[str]] = {}
    """Properties that it no longer shows of objects that differ in others."""
    lists: list[str] = []
    """What the list of unmanaged objects tells beyond what it told before."""

    def after(self, before: Differences) -> Differences:
        kept = {name: difference for name, difference in before.items() if name not in self.hides}
        for name, spared in self.spares.items():
            sign, properties = kept[name]
            kept[name] = sign, {path: kind for path, kind in properties.items() if path not in spared}
        return overlaid(kept, self.shows)


def drifts(folder: str) -> list[Any]:
    """Every case of a folder, in every stack that it is about."""
    return [
        pytest.param(stack, msgspec.convert(drift, Drift), id=f"{file.stem}-{stack}")
        for file in sorted((HERE / folder).glob("*.yaml"))
        for stack, drift in yaml.safe_load(file.read_text("utf-8")).items()
    ]


@dataclass(frozen=True)
class Environment:
    """One adopted stack and its database."""

    stack: str
    project: Project
    cluster: Cluster
    target: Target

    def shown(self) -> Differences:
        return shown(self.project.preview(self.stack))

    def unmanaged(self) -> set[str]:
        run = self.project.operations("unmanaged", "--stack", self.stack)
        assert run.code == 0, run.text
        return {line.strip() for line in run.out.splitlines() if line.startswith("  ")}

    @contextmanager
    def drifted(self, drift: Drift) -> Iterator[None]:
        url = self.cluster.url(drift.role, self.target.name)
        with psycopg.connect(url, autocommit=True) as by_hand:
            by_hand.execute(drift.change.encode())
            try:
                yield
            finally:
                by_hand.execute(drift.undo.encode())


@dataclass(frozen=True)
class Adopted:
    """An environment with what it told before anybody touched it."""

    environment: Environment
    shown: Differences
    unmanaged: set[str]


@pytest.fixture(scope="module")
def adopted(
    sandbox_cluster: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], Adopted]]:
    with ExitStack() as opened:

        @cache
        def adopt(stack: str) -> Adopted:
            root = tmp_path_factory.mktemp("drift") / "a project"
            return opened.enter_context(as_it_was_in_the_end(sandbox_cluster, root, stack))

        yield adopt


@contextmanager
def as_it_was_in_the_end(cluster: Cluster, root: Path, stack: str) -> Iterator[Adopted]:
    with as_found(cluster, stack) as target:
        environment = Environment(stack, project_at(root), cluster, target)
        environment.project.point(stack, target)
        # A change of what hardening makes otherwise would be part of a difference that is there already.
        environment.project.set(stack, "hardening", "false")
        environment.project.adopt(stack)
        adopted = Adopted(environment, environment.shown(), environment.unmanaged())
        yield adopted
        assert environment.shown() == adopted.shown
        assert environment.unmanaged() == adopted.unmanaged


@pytest.mark.parametrize(("stack", "drift"), drifts("drift"))
def test_a_change_by_hand_shows_as_what_it_is(
    adopted: Callable[[str], Adopted], stack: str, drift: Drift
) -> None:
    before = adopted(stack)
    with before.environment.drifted(drift):
        assert before.environment.shown() == drift.after(before.shown)


@pytest.mark.parametrize(("stack", "drift"), drifts("unmanaged"))
def test_what_nobody_declared_is_listed_and_no_difference(
    adopted: Callable[[str], Adopted], stack: str, drift: Drift
) -> None:
    before = adopted(stack)
    with before.environment.drifted(drift):
        assert before.environment.shown() == before.shown
        assert before.environment.unmanaged() - before.unmanaged == set(drift.lists)
