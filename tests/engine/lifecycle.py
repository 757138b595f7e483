"""A project of its own, whose commands either engine runs, with a provider whose behaviour is data."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

from engine import gojson
from engine.cli.main import main
from engine.deployment.steps import Event
from engine.display.view import View
from tests.engine.processes import is_running, wait_for
from tests.engine.provider.world import World
from tests.forked import forking

ROOT = Path(__file__).resolve().parent.parent.parent
PROVIDER = ROOT / "tests" / "engine" / "provider"
PRELUDE = """\
import pulumi
from pulumi import Output, ResourceOptions as Options


class Thing(pulumi.CustomResource):
    tag: pulumi.Output[str]

    def __init__(self, name, inputs=None, opts=None, kind="Thing"):
        common = {"tag": None, "generation": config.get_secret("generation")}
        super().__init__(f"fake:index:{kind}", name, {**common, **(inputs or {})}, opts)


class Group(pulumi.ComponentResource):
    def __init__(self, name, opts=None, inputs=None):
        super().__init__("test:index:Group", name, inputs or {}, opts)


class Fake(pulumi.ProviderResource):
    def __init__(self, name, inputs=None, opts=None):
        super().__init__("fake", name, inputs or {}, opts)


config = pulumi.Config()
"""
PASSPHRASE = "test"
COMMON_WORDS = ("--non-interactive", "--color", "never")
_STEP = re.compile(r"^ (\+-|\+\+|--|>>|<<|=>|[-+~><=] ) +(?P<type>\S+) (?P<name>\S+)", re.MULTILINE)
_WITH_EVENTS = {"preview", "up", "refresh", "destroy", "import"}
_CALLS = {"Create", "Update", "Delete", "Read"}


@dataclass
class Outcome:
    """What one command did."""

    code: int
    printed: str
    """On standard output."""
    complaints: str
    """On standard error."""
    asked: list[dict[str, Any]]
    """What the provider was asked to change or read."""
    events: list[Any]
    """What the engine told of its steps: the CLI's event log, or the embedded engine's own events."""

    @property
    def calls(self) -> list[str]:
        return list(map(_told, self.asked))

    @property
    def at_once(self) -> int:
        """The most that a provider had to change or read at a time."""
        return max((int(entry["running"]) for entry in self.asked), default=0)

    @property
    def output(self) -> str:
        return self.printed + self.complaints

    @property
    def steps(self) -> set[str]:
        """Each step that was shown, the stack's own aside, as `+ name`."""
        found = [match for match in _STEP.finditer(self.output) if match["type"] != "pulumi:pulumi:Stack"]
        return {f"{match[1].strip()} {match['name']}" for match in found}


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
            "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            # Without it the CLI has no --event-log.
            "PULUMI_DEBUG_COMMANDS": "true",
            "FAKE_PROVIDER": str(self.fake),
            # Two programs of one length, written within a second, share their bytecode otherwise.
            "PYTHONDONTWRITEBYTECODE": "1",
            # The folder as the shell knows it decides where the CLI keeps its selection.
            "PWD": str(folder),
        }
        self.environment.pop("PULUMI_STACK", None)

    def run(self, *words: str) -> Outcome:
        return self._run_cli(words) if self.cli else self._run_here(words)

    def _run_here(self, words: Sequence[str]) -> Outcome:
        """In this process, and its children by forks: that saves three starts of Python for each command."""
        printed, complaints, events = io.StringIO(), io.StringIO(), list[Event]()
        former = Path.cwd()
        os.chdir(self.folder)
        try:
            with (
                mock.patch.dict(os.environ, self.environment, clear=True),
                mock.patch.object(View, "show", _noting(events)),
                forking(),
                contextlib.redirect_stdout(printed),
                contextlib.redirect_stderr(complaints),
            ):
                code = main([*words, *COMMON_WORDS])
        finally:
            os.chdir(former)
        return Outcome(code, printed.getvalue(), complaints.getvalue(), self.asked(), events)

    def _run_cli(self, words: Sequence[str]) -> Outcome:
        assert self.cli is not None
        log = self.folder / "events.jsonl"
        logged = ["--event-log", str(log)] if words[0] in _WITH_EVENTS else []
        done = subprocess.run(
            [self.cli, *words, *COMMON_WORDS, *logged],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
        )
        events = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
        log.unlink(missing_ok=True)
        return Outcome(done.returncode, done.stdout, done.stderr, self.asked(), events)

    @contextlib.contextmanager
    def also(self, environment: Mapping[str, str]) -> Iterator[None]:
        """A few more variables for a while."""
        former = self.environment
        self.environment = {**former, **environment}
        yield
        self.environment = former

    def take_turns(self, cli: str | None) -> None:
        """Let the other engine run the next command."""
        self.cli = None if self.cli else cli

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

    def kill(self, moment: str, *words: str) -> Outcome:
        """Run a command until the provider was asked for `moment`, then end engine and provider at once."""
        with self.start(*words) as engine:
            wait_for(lambda: moment in map(_told, self.logged()), moment)
            provider = int(self.logged()[-1]["pid"])
            engine.kill()
            printed, _ = engine.communicate()
        with contextlib.suppress(ProcessLookupError):
            os.kill(provider, signal.SIGKILL)
        wait_for(lambda: not is_running(provider), "the provider's end")
        return Outcome(engine.returncode, printed, "", self.asked(), [])

    def logged(self) -> list[dict[str, Any]]:
        """All calls of the provider since the last look."""
        log = self.fake / "calls.jsonl"
        return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []

    def asked(self) -> list[dict[str, Any]]:
        """What the provider was asked to change or read since the last look."""
        asked = [entry for entry in self.logged() if entry["method"] in _CALLS]
        (self.fake / "calls.jsonl").unlink(missing_ok=True)
        return asked

    def calls(self) -> list[str]:
        return list(map(_told, self.asked()))

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
    def state_file(self) -> Path:
        return self.folder / "state" / ".pulumi" / "stacks" / "test" / "dev.json"

    def deployment(self) -> dict[str, Any]:
        if not self.state_file.exists():
            return {}
        latest: dict[str, Any] = gojson.loads(self.state_file.read_text())["checkpoint"].get("latest") or {}
        return latest

    def locks(self) -> list[Path]:
        """The files of whoever holds a lock."""
        return sorted((self.folder / "state" / ".pulumi" / "locks").rglob("[!.]*.json"))

    def rows(self) -> list[dict[str, Any]]:
        return [row for row in self.deployment().get("resources", []) if not _is_engines_own(row)]

    def change_state(self, changes: Mapping[str, Any]) -> None:
        document = json.loads(self.state_file.read_text())
        for row in document["checkpoint"]["latest"]["resources"]:
            row.update(changes.get(name_of(row), {}))
        self.state_file.write_text(json.dumps(document))


def _told(entry: Mapping[str, Any]) -> str:
    return f"{entry['method']} {entry['name']}"


def _noting(events: list[Event]) -> Callable[[View, Event], None]:
    """`View.show` that also keeps the last run's events; of a preview before it the CLI's log has none."""
    show, shown = View.show, list[View]()

    def noted(view: View, event: Event) -> None:
        if view not in shown:
            shown.append(view)
            events.clear()
        events.append(event)
        show(view, event)

    return noted


def _is_engines_own(row: Mapping[str, Any]) -> bool:
    return row["type"] == "pulumi:pulumi:Stack" or "pulumi:providers:fake::default" in row["urn"]


def name_of(row: Mapping[str, Any]) -> str:
    return str(row["urn"].split("::", 3)[3])
