"""Play one scenario of tests/lifecycle: commands on a project of its own, each with what it must do.

A scenario is a YAML file:

    about: one sentence
    behaviour: what the fake provider does, by type (see tests/engine/provider)
    config: the stack's config, by full key
    embedded only: why the Pulumi CLI can't play it
    runs:
      - program: statements of the program, with Thing, Group, Fake and pulumi at hand; kept until changed
        behaviour: as above, from here on
        cloud: {id: inputs, or null to remove}: changes behind the engine's back
        files: {name: content}: written before
        state: {name: fields}: changes of the state file, as a crash would leave it
        environment: {name: value}: for this command alone
        do: the command's words
        kill at: "Create a": end the engine with SIGKILL when the provider has been asked for that
        steps: ["+ a", "~ b"]: the operations shown, in any order
        calls: ["Create a"]: what the provider was asked to change or read, in this order
        at once: the most of them that ran at a time
        exit: 0
        output: [texts that must appear]
        never: [texts that must not]
        embedded: {output: [...], never: [...]}: texts of the embedded engine alone, as the CLI has others
        rows: ["a", "b"]: the names in the state in any order, the stack and default providers left out
        has: {a: {id: a-1, inputs: {...}}}: fields of the state's rows
        pending: ["creating a"]: the operations that the state calls begun
        file: {name: content}: what a JSON file holds that the command wrote, lists in any order
    handover: the steps of the next preview, by either engine, once the provider is well again (see handover)
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.engine.lifecycle import Outcome, Project, name_of

Scenario = Mapping[str, Any]
See = Callable[[Project, Mapping[str, Any], Outcome], None]


def begin(scenario: Scenario, folder: Path, cli: str | None = None) -> Project:
    """The project of a scenario, with its config and an empty stack."""
    project = Project(folder, cli)
    project.write_behaviour(scenario.get("behaviour", {}))
    assert project.run("stack", "init", "dev").code == 0
    for key, value in scenario.get("config", {}).items():
        assert project.run("config", "set", key, value).code == 0
    return project


def play(scenario: Scenario, project: Project, see: See | None = None) -> None:
    """Play all runs of a scenario; AssertionError says which one did what it must not.

    `see` gets each run with its outcome, before anything else changes the state.
    """
    for number, run in enumerate(scenario["runs"], 1):
        prepare(project, run)
        with project.also(run.get("environment", {})):
            words = shlex.split(run["do"])
            moment = run.get("kill at")
            outcome = project.kill(moment, *words) if moment else project.run(*words)
        check(project, run, outcome, f"run {number}, {run['do']}\n{outcome.output}")
        if see is not None:
            see(project, run, outcome)


def prepare(project: Project, run: Mapping[str, Any]) -> None:
    if "program" in run:
        project.write_program(run["program"])
    if "behaviour" in run:
        project.write_behaviour(run["behaviour"])
    for name, content in run.get("files", {}).items():
        text = content if isinstance(content, str) else json.dumps(content)
        path = project.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    project.change_cloud(run.get("cloud", {}))
    if "state" in run:
        project.change_state(run["state"])


def check(project: Project, run: Mapping[str, Any], outcome: Outcome, label: str) -> None:
    assert outcome.code == run.get("exit", 0), label
    if "steps" in run:
        assert outcome.steps == set(run["steps"]), label
    if "calls" in run:
        assert outcome.calls == run["calls"], label
    if "at once" in run:
        assert outcome.at_once == run["at once"], label
    _check_texts(run, outcome, label)
    if not project.cli:
        _check_texts(run.get("embedded", {}), outcome, label)
    for name, content in run.get("file", {}).items():
        written = json.loads((project.folder / name).read_text())
        assert _unordered(written) == _unordered(content), f"{name} after {label}"
    _check_state(project, run, label)


def _unordered(value: Any) -> Any:
    match value:
        case dict():
            return {key: _unordered(item) for key, item in value.items()}
        case list():
            return sorted(map(_unordered, value), key=json.dumps)
    return value


def _check_texts(expected: Mapping[str, Any], outcome: Outcome, label: str) -> None:
    for text in expected.get("output", []):
        assert text in outcome.output, f"{text!r} is missing in {label}"
    for text in expected.get("never", []):
        assert text not in outcome.output, f"{text!r} appears in {label}"


def _check_state(project: Project, run: Mapping[str, Any], label: str) -> None:
    if "rows" in run:
        assert sorted(name_of(row) for row in project.rows()) == sorted(run["rows"]), label
    for name, fields in run.get("has", {}).items():
        row = next(
            row
            for row in project.rows()
            if name_of(row) == name and bool(row.get("delete")) == bool(fields.get("delete"))
        )
        for key, value in fields.items():
            assert row.get(key) == value, f"{name}.{key} is {row.get(key)!r} after {label}"
    if "pending" in run:
        found = project.deployment().get("pending_operations") or []
        assert [f"{op['type']} {name_of(op['resource'])}" for op in found] == run["pending"], label
