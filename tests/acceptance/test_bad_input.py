"""What users and their surroundings do wrong: one message that says what to do, and nothing changed.

Each file in `bad_input/` is one case. `$name` in it stands for what only the run knows: see `Scene.known`.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any

import msgspec
import pytest
import yaml

from sandbox import databases
from sandbox.cluster import LIMITED_READER, OWNER, Cluster
from sandbox.databases import Target
from tests.fix_project import ROOT, STACKS, Project, project_at
from tests.fix_sandbox import as_found

HERE = Path(__file__).parent
CANARY = "canary"
"""Stands in every password that a case makes up."""


class Edit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    old: str
    new: str


class Case(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One mistake, and what is said of it."""

    says: str
    """The whole message; of one that only the engine words, how it begins."""
    stack: str = "staging"
    commands: tuple[str, ...] = ("pulumi preview",)
    code: int = 1
    config: dict[str, str] = {}
    secrets: dict[str, str] = {}
    unset: list[str] = []
    files: dict[str, str | None] = {}
    """By path: what the file holds instead. None removes it; a slash at the end makes it a folder."""
    edits: dict[str, Edit] = {}
    unreadable: str | None = None
    environment: dict[str, str] = {}


@dataclass(frozen=True)
class Scene:
    """A project with both stacks adopted, and what its texts may name."""

    project: Project
    known: dict[str, str]
    passwords: list[str]

    def resolved(self, case: Case) -> Case:
        text = Template(msgspec.json.encode(case).decode()).substitute(self.known)
        return msgspec.json.decode(text, type=Case)

    @contextmanager
    def mistaken(self, case: Case) -> Iterator[None]:
        """The project with the case's mistake; without it again in the end."""
        with self._kept(case):
            for key in case.unset:
                assert self.project.pulumi("config", "rm", "--stack", case.stack, key).code == 0
            for key, value in case.config.items():
                self.project.set(case.stack, key, value)
            for key, value in case.secrets.items():
                self.project.set(case.stack, key, value, secret=True)
            for name, edit in case.edits.items():
                text = self._file(name).read_text("utf-8")
                assert text.count(edit.old) == 1, f"{name}: {edit.old}"
                self._file(name).write_text(text.replace(edit.old, edit.new), "utf-8")
            for name, content in case.files.items():
                self._replace(name, content)
            if case.unreadable:
                self._file(case.unreadable).chmod(0)
            yield

    def run(self, case: Case, command: str) -> tuple[int, str]:
        program, *words = command.split()
        run = getattr(self.project, program)(*words, "--stack", case.stack, **case.environment)
        return run.code, run.text

    def states(self) -> list[bytes]:
        return [self.project.state(stack) for stack in STACKS]

    def _file(self, name: str) -> Path:
        return self.project.root / name

    def _replace(self, name: str, content: str | None) -> None:
        file = self._file(name.removesuffix("/"))
        file.unlink()
        if name.endswith("/"):
            file.mkdir()
        elif content is not None:
            file.write_text(content, "utf-8")

    @contextmanager
    def _kept(self, case: Case) -> Iterator[None]:
        configs = {f"Pulumi.{stack}.yaml" for stack in STACKS}
        names = configs | case.edits.keys() | {name.removesuffix("/") for name in case.files}
        kept = {name: self._file(name).read_bytes() for name in names}
        try:
            yield
        finally:
            for name, content in kept.items():
                if self._file(name).is_dir():
                    self._file(name).rmdir()
                self._file(name).unlink(missing_ok=True)
                self._file(name).write_bytes(content)


@pytest.fixture(scope="module")
def scene(sandbox_cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    project = project_at(tmp_path_factory.mktemp("bad input") / "a project")
    # Copies, since cases damage the texts; the program finds them beside its own folder.
    for name in ("components", "sql"):
        (project.root / name).unlink()
        shutil.copytree(ROOT / name, project.root / name, ignore=shutil.ignore_patterns("__pycache__"))
    with ExitStack() as opened:
        targets = {stack: opened.enter_context(as_found(sandbox_cluster, stack)) for stack in STACKS}
        for stack, target in targets.items():
            project.point(stack, target)
            # A secret of the config, and by way of the provider's inputs one of the state.
            project.set(stack, "voip:databaseUrl", target.database_url, secret=True)
            project.adopt(stack)
        bare = opened.enter_context(_bare_database(sandbox_cluster, targets["staging"].ref))
        yield Scene(project, _known(sandbox_cluster, project, targets, bare), _passwords(sandbox_cluster))


@contextmanager
def _bare_database(cluster: Cluster, ref: str) -> Iterator[str]:
    """The URL of a database with nothing in it, not even what Supabase brings."""
    name = f"bare_{ref}"
    with databases.admin(cluster) as connection:
        databases.create_from(connection, name, "template0")
        yield cluster.url(OWNER, name)
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def _known(cluster: Cluster, project: Project, targets: dict[str, Target], bare: str) -> dict[str, str]:
    known = {"root": str(project.root), "canary": CANARY, "bare_url": bare, "port": str(cluster.port)}
    for stack, target in targets.items():
        known |= {
            f"{stack}_ref": target.ref,
            f"{stack}_url": target.database_url,
            f"{stack}_limited_url": cluster.url(LIMITED_READER, target.name),
            f"{stack}_database": target.name,
        }
    return known


def _passwords(cluster: Cluster) -> list[str]:
    return [CANARY, *cluster.passwords.values()]


def cases() -> list[Any]:
    return [
        pytest.param(msgspec.convert(yaml.safe_load(file.read_text("utf-8")), Case), id=file.stem)
        for file in sorted((HERE / "bad_input").glob("*.yaml"))
    ]


@pytest.mark.parametrize("case", cases())
def test_a_mistake_is_told_once_and_changes_nothing(scene: Scene, case: Case) -> None:
    if case.unreadable and os.geteuid() == 0:
        pytest.skip("root may read every file")
    case = scene.resolved(case)
    with scene.mistaken(case):
        before = scene.states()
        for command in case.commands:
            code, text = scene.run(case, command)
            assert code == case.code, text
            messages = told(text)
            assert len(messages) == 1, text
            assert messages.pop().startswith(case.says), text
            assert not [password for password in scene.passwords if password in text]
            assert "Traceback" not in text
            assert "Warning" not in text
        assert scene.states() == before


def told(text: str) -> set[str]:
    """The messages; several resources may meet the same trouble, and then tell it in the same words."""
    plain = "\n".join(line.strip() for line in text.splitlines())
    return {
        " ".join(found.split("\n")) for found in re.findall(r"^error: (.+(?:\n.+)*)", plain, re.MULTILINE)
    }
