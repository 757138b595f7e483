"""What somebody changes by hand shows in the next preview: the object, its sign, the property, and no more.

One project for each stack bears all cases. Those that are about different objects are tried together, in one
preview that must show each of them, and nothing beside them. A change that was not fully undone would show in
the next preview, and the last one of all must be as the first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

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

    @property
    def objects(self) -> set[str]:
        """What it is about."""
        return {*(line.object for line in self.shows), *self.hides, *self.spares, *self.lists}


Batch = tuple[Drift, ...]
"""Changes of one environment that are about different objects, so that none hides what another shows."""


def cases(folder: str) -> Iterator[tuple[str, str, Drift]]:
    """Every case of a folder, in every stack that it is about: its name, the stack, the change."""
    for file in sorted((HERE / folder).glob("*.yaml")):
        for stack, drift in yaml.safe_load(file.read_text("utf-8")).items():
            yield file.stem, stack, msgspec.convert(drift, Drift)


def batches(folder: str) -> Iterator[tuple[str, Batch]]:
    """All cases of a folder, each in one of as few batches as there must be."""
    made: list[tuple[str, list[Drift]]] = []
    for _, stack, drift in cases(folder):
        free = (
            batch
            for other, batch in made
            if other == stack and all(drift.objects.isdisjoint(each.objects) for each in batch)
        )
        if (batch := next(free, None)) is None:
            made.append((stack, batch := []))
        batch.append(drift)
    yield from ((stack, tuple(batch)) for stack, batch in made)


def drifts(folder: str) -> list[Any]:
    """Every case of a folder, with its stack and the batch that it is tried in."""
    return [
        pytest.param(stack, drift, batch, id=f"{name}-{stack}")
        for name, stack, drift in cases(folder)
        for of, batch in batches(folder)
        if of == stack and drift in batch
    ]


def whole(folder: str) -> list[Any]:
    """Every batch of a folder, with its stack."""
    return [
        pytest.param(stack, batch, id=f"{number}-{stack}")
        for number, (stack, batch) in enumerate(batches(folder), 1)
    ]


def about(differences: Differences, drift: Drift) -> Differences:
    """Those of the objects that a change is about."""
    return {name: difference for name, difference in differences.items() if name in drift.objects}


class Seen(NamedTuple):
    """What is told of an environment."""

    shown: Differences
    unmanaged: set[str]


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

    def seen(self) -> Seen:
        return Seen(self.shown(), self.unmanaged())


@contextmanager
def drifted(cluster: Cluster, target: Target, batch: Batch) -> Iterator[None]:
    """A database with changes made by hand, which are undone in the end."""
    with ExitStack() as undone:
        for drift in batch:
            url = cluster.url(drift.role, target.name)
            by_hand = undone.enter_context(psycopg.connect(url, autocommit=True))
            by_hand.execute(drift.change.encode())
            undone.callback(by_hand.execute, drift.undo.encode())
        yield


class Adopted:
    """An environment with what it told before anybody touched it."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self.before = environment.seen()
        self._met: list[tuple[Batch, Seen]] = []

    def met(self, batch: Batch) -> Seen:
        """What is told once a batch of changes was made."""
        known = next((seen for other, seen in self._met if other == batch), None)
        if known is None:
            with drifted(self.environment.cluster, self.environment.target, batch):
                # Only what nobody declared is listed.
                listed = any(drift.lists for drift in batch)
                shown = self.environment.shown()
                known = Seen(shown, self.environment.unmanaged() if listed else set())
            self._met.append((batch, known))
        return known


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
        adopted = Adopted(environment)
        yield adopted
        assert environment.seen() == adopted.before


Adopt = Callable[[str], Adopted]


@pytest.mark.parametrize(("stack", "drift", "batch"), drifts("drift"))
def test_a_change_by_hand_shows_as_what_it_is(adopted: Adopt, stack: str, drift: Drift, batch: Batch) -> None:
    environment = adopted(stack)
    expected = drift.after(environment.before.shown)
    assert expected != environment.before.shown
    assert about(environment.met(batch).shown, drift) == about(expected, drift)


@pytest.mark.parametrize(("stack", "batch"), whole("drift"))
def test_nothing_shows_beside_what_was_changed(adopted: Adopt, stack: str, batch: Batch) -> None:
    environment = adopted(stack)
    expected = environment.before.shown
    for drift in batch:
        expected = drift.after(expected)
    assert environment.met(batch).shown == expected


@pytest.mark.parametrize(
    ("stack", "drift", "batch"), [each for each in drifts("unmanaged") if each.values[1].lists]
)
def test_what_nobody_declared_is_listed(adopted: Adopt, stack: str, drift: Drift, batch: Batch) -> None:
    environment = adopted(stack)
    assert set(drift.lists) <= environment.met(batch).unmanaged - environment.before.unmanaged


@pytest.mark.parametrize(("stack", "batch"), whole("unmanaged"))
def test_what_nobody_declared_is_no_difference(adopted: Adopt, stack: str, batch: Batch) -> None:
    environment = adopted(stack)
    found = environment.met(batch)
    assert found.shown == environment.before.shown
    assert found.unmanaged - environment.before.unmanaged == {name for drift in batch for name in drift.lists}
