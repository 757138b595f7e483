"""Run one scenario of tests/lifecycle: commands on a project of its own, each with what it must do.

A scenario is a YAML file:

    about: one sentence
    behaviour: what the fake provider does, by type (see tests/engine/provider)
    config: the stack's config, by full key
    runs:
      - program: statements of the program, with Thing, Group, Other and pulumi at hand; kept until changed
        behaviour: as above, from here on
        cloud: {id: inputs, or null to remove}: changes behind the engine's back
        files: {name: content}: written before
        state: {name: fields}: changes of the state file, as a crash would leave it
        do: the command's words
        steps: ["+ a", "~ b"]: the operations shown, in any order
        calls: ["Create a"]: what the provider was asked to change or read, in this order
        exit: 0
        output: [texts that must appear]
        never: [texts that must not]
        rows: ["a", "b"]: the names in the state in any order, the stack and default providers left out
        has: {a: {id: a-1, inputs: {...}}}: fields of the state's rows
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

from engine.cli.main import main
from tests.engine.provider.world import World

ROOT = Path(__file__).resolve().parent.parent.parent
PROVIDER = ROOT / "tests" / "engine" / "provider"
PRELUDE = """\
import pulumi
from pulumi import Output, ResourceOptions as Options


class Thing(pulumi.CustomResource):
    tag: pulumi.Output[str]

    def __init__(self, name, inputs=None, opts=None, kind="Thing"):
        super().__init__(f"fake:index:{kind}", name, {"tag": None, **(inputs or {})}, opts)


class Group(pulumi.ComponentResource):
    def __init__(self, name, opts=None, inputs=None):
        super().__init__("test:index:Group", name, inputs or {}, opts)


class Fake(pulumi.ProviderResource):
    def __init__(self, name, inputs=None, opts=None):
        super().__init__("fake", name, inputs or {}, opts)


config = pulumi.Config()
"""
COMMON_WORDS = ("--non-interactive", "--color", "never")
_STEP = re.compile(r"^ (\+-|\+\+|--|>>|<<|=>|[-+~><=] ) +(?P<type>\S+) (?P<name>\S+)", re.MULTILINE)
_CALLS = {"Create", "Update", "Delete", "Read"}


@dataclass
class Outcome:
    """What one command did."""

    code: int
    output: str
    steps: set[str]
    calls: list[str]


class Project:
    """A project in a folder of its own, run by the embedded engine or by a Pulumi CLI."""

    def __init__(self, folder: Path, cli: str | None) -> None:
        self.folder = folder
        self.cli = cli
        self.fake = folder / "fake"
        self.fake.mkdir(exist_ok=True)
        self.world = World(self.fake / "world.sqlite")
        (folder / "state").mkdir(exist_ok=True)
        virtualenv = Path(sys.executable).parent.parent
        (folder / "Pulumi.yaml").write_text(
            "name: test\n"
            f"runtime: {{name: python, options: {{virtualenv: {json.dumps(str(virtualenv))}}}}}\n"
            "backend: {url: 'file://./state'}\n"
            f"plugins: {{providers: [{{name: fake, path: {json.dumps(str(PROVIDER))}}}]}}\n"
        )
        self.environment = {
            **os.environ,
            "PULUMI_HOME": str(folder / "home"),
            "PULUMI_CONFIG_PASSPHRASE": "test",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "FAKE_PROVIDER": str(self.fake),
            # Two programs of one length, written within a second, share their bytecode otherwise.
            "PYTHONDONTWRITEBYTECODE": "1",
            # The folder as the shell knows it decides where the CLI keeps its selection.
            "PWD": str(folder),
        }
        self.environment.pop("PULUMI_STACK", None)

    def run(self, *words: str) -> Outcome:
        code, output = self._run_cli(words) if self.cli else self._run_here(words)
        found = [match for match in _STEP.finditer(output) if match["type"] != "pulumi:pulumi:Stack"]
        return Outcome(code, output, {f"{m[1].strip()} {m['name']}" for m in found}, self.calls())

    def _run_here(self, words: Sequence[str]) -> tuple[int, str]:
        """In this process, which saves a start of Python for each of a scenario's commands."""
        written = io.StringIO()
        former = Path.cwd()
        os.chdir(self.folder)
        try:
            with (
                mock.patch.dict(os.environ, self.environment, clear=True),
                contextlib.redirect_stdout(written),
                contextlib.redirect_stderr(written),
            ):
                code = main([*words, *COMMON_WORDS])
        finally:
            os.chdir(former)
        return code, written.getvalue()

    def _run_cli(self, words: Sequence[str]) -> tuple[int, str]:
        assert self.cli is not None
        done = subprocess.run(
            [self.cli, *words, *COMMON_WORDS],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
        )
        return done.returncode, done.stdout + done.stderr

    @property
    def command(self) -> list[str]:
        """What a process of its own is started with."""
        return [self.cli] if self.cli else [sys.executable, str(ROOT / "engine")]

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Begin a command, for tests that interrupt it."""
        return subprocess.Popen(
            [*self.command, *words, *COMMON_WORDS],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def calls(self) -> list[str]:
        """The provider's calls since the last look."""
        log = self.fake / "calls.jsonl"
        if not log.exists():
            return []
        entries = [json.loads(line) for line in log.read_text().splitlines()]
        log.unlink()
        return [f"{e['method']} {e['name']}" for e in entries if e["method"] in _CALLS]

    def write_program(self, text: str) -> None:
        (self.folder / "__main__.py").write_text(PRELUDE + text)

    def write_behaviour(self, behaviour: Mapping[str, Any]) -> None:
        (self.fake / "behaviour.json").write_text(json.dumps(behaviour))

    def change_cloud(self, changes: Mapping[str, Any]) -> None:
        for identifier, inputs in changes.items():
            if inputs is None:
                self.world.remove(identifier)
            else:
                self.world.put(identifier, "fake:index:Thing", inputs)

    @property
    def _state_file(self) -> Path:
        return self.folder / "state" / ".pulumi" / "stacks" / "test" / "dev.json"

    def deployment(self) -> dict[str, Any]:
        if not self._state_file.exists():
            return {}
        latest: dict[str, Any] = json.loads(self._state_file.read_text())["checkpoint"].get("latest") or {}
        return latest

    def locks(self) -> list[Path]:
        """The files of whoever holds a lock."""
        return sorted((self.folder / "state" / ".pulumi" / "locks").rglob("[!.]*.json"))

    def rows(self) -> list[dict[str, Any]]:
        return [row for row in self.deployment().get("resources", []) if not _is_engines_own(row)]

    def change_state(self, changes: Mapping[str, Any]) -> None:
        document = json.loads(self._state_file.read_text())
        for row in document["checkpoint"]["latest"]["resources"]:
            row.update(changes.get(_name(row), {}))
        self._state_file.write_text(json.dumps(document))


def _is_engines_own(row: Mapping[str, Any]) -> bool:
    return row["type"] == "pulumi:pulumi:Stack" or "pulumi:providers:fake::default" in row["urn"]


def _name(row: Mapping[str, Any]) -> str:
    return str(row["urn"].split("::", 3)[3])


def play(
    scenario: Mapping[str, Any], folder: Path, cli: str | None = None, *, taking_turns: bool = False
) -> None:
    """Play a scenario, with the CLI if there is one; AssertionError says which run did what it must not.

    Taking turns, the CLI begins, and the embedded engine carries on from what it left, and so on.
    """
    project = Project(folder, cli)
    project.write_behaviour(scenario.get("behaviour", {}))
    assert project.run("stack", "init", "dev").code == 0
    for key, value in scenario.get("config", {}).items():
        assert project.run("config", "set", key, value).code == 0
    for number, run in enumerate(scenario["runs"], 1):
        prepare(project, run)
        if taking_turns:
            project.cli = cli if number % 2 else None
        outcome = project.run(*run["do"].split())
        check(project, run, outcome, f"run {number}, {run['do']}\n{outcome.output}")


def prepare(project: Project, run: Mapping[str, Any]) -> None:
    if "program" in run:
        project.write_program(run["program"])
    if "behaviour" in run:
        project.write_behaviour(run["behaviour"])
    for name, content in run.get("files", {}).items():
        text = content if isinstance(content, str) else json.dumps(content)
        (project.folder / name).write_text(text)
    project.change_cloud(run.get("cloud", {}))
    if "state" in run:
        project.change_state(run["state"])


def check(project: Project, run: Mapping[str, Any], outcome: Outcome, label: str) -> None:
    assert outcome.code == run.get("exit", 0), label
    if "steps" in run:
        assert outcome.steps == set(run["steps"]), label
    if "calls" in run:
        assert outcome.calls == run["calls"], label
    for text in run.get("output", []):
        assert text in outcome.output, f"{text!r} is missing in {label}"
    for text in run.get("never", []):
        assert text not in outcome.output, f"{text!r} appears in {label}"
    rows = project.rows()
    if "rows" in run:
        assert sorted(_name(row) for row in rows) == sorted(run["rows"]), label
    for name, fields in run.get("has", {}).items():
        row = next(
            row
            for row in rows
            if _name(row) == name and bool(row.get("delete")) == bool(fields.get("delete"))
        )
        for key, value in fields.items():
            assert row.get(key) == value, f"{name}.{key} is {row.get(key)!r} after {label}"
