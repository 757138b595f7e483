"""Each file of tests/lifecycle is a scenario that the engine must play as the Pulumi CLI does.

What the CLI did is recorded in `fixtures/lifecycle`, and read in every run. PULUMI_CLI=<path> plays the
scenarios with that CLI, too: they are the specification of both, and either must carry on from what the
other left.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from engine.checkpoint import Encode, Texts
from engine.rows import Row
from tests.engine import recording
from tests.engine.handover import hand_over, heal, require_preview, restore, update_all
from tests.engine.recording import FIXTURES, Recorded, Recorder, load, recorded, scenarios
from tests.engine.scenario import begin, play

ALL = scenarios()
SHARED = [path for path in ALL if "embedded only" not in load(path)]
HANDED_OVER = [path for path in SHARED if "handover" in load(path)]
CLI = os.environ.get("PULUMI_CLI")
needs_cli = pytest.mark.skipif(CLI is None, reason="PULUMI_CLI names no CLI")


def each(paths: list[Path]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("path", paths, ids=lambda path: path.stem)


@pytest.fixture(autouse=True)
def _no_stale_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hold every row that is written against its text made anew: no run may change a value in place."""
    kept = Texts.of

    def checked(texts: Texts, row: Row, encode: Encode) -> str:
        text = kept(texts, row, encode)
        assert text == kept(Texts(), row, encode)
        return text

    monkeypatch.setattr(Texts, "of", checked)


@each(ALL)
def test_scenario(path: Path, tmp_path: Path) -> None:
    scenario, recorder = load(path), Recorder()
    shared = path in SHARED
    play(scenario, begin(scenario, tmp_path), recorder.see if shared else None)
    if shared:
        require_same(recorder.runs, recorded(path.stem))


@each(HANDED_OVER)
def test_what_the_cli_left_is_carried_on(path: Path, tmp_path: Path) -> None:
    scenario = load(path)
    project = restore(scenario, path.stem, tmp_path)
    assert recording.comparable_state(project.deployment()) == last_state(path.stem)
    heal(scenario, project)
    require_preview(project, set(scenario["handover"]))
    update_all(project)
    require_preview(project, set())


def require_same(runs: Recorded, expected: Recorded) -> None:
    for number, (run, wanted) in enumerate(zip(runs, expected, strict=True), 1):
        assert pretty(run) == pretty(wanted), f"run {number}, {run['do']}"


def pretty(run: Mapping[str, Any]) -> str:
    """A recording as text, whose differences pytest shows line by line."""
    return json.dumps(run, indent=1, sort_keys=True)


def last_state(name: str) -> object:
    return [run["state"] for run in recorded(name) if "state" in run][-1]


def test_the_recordings_are_of_the_scenarios() -> None:
    assert {path.name for path in FIXTURES.iterdir()} == {path.stem for path in SHARED}


@needs_cli
@each(SHARED)
def test_scenario_with_the_cli(path: Path, tmp_path: Path) -> None:
    scenario, recorder = load(path), Recorder()
    project = begin(scenario, tmp_path, CLI)
    play(scenario, project, recorder.see)
    require_same(recorder.runs, recorded(path.stem))
    if "handover" in scenario:
        hand_over(scenario, project, taker=None)


@needs_cli
@each(SHARED)
def test_scenario_with_both_taking_turns(path: Path, tmp_path: Path) -> None:
    """The CLI begins, the embedded engine carries on from what it left, and so on."""
    scenario = load(path)
    project = begin(scenario, tmp_path, CLI)
    play(scenario, project, lambda project, *_: project.take_turns(CLI))


@needs_cli
@each(HANDED_OVER)
def test_the_cli_carries_on(path: Path, tmp_path: Path) -> None:
    scenario = load(path)
    project = begin(scenario, tmp_path)
    play(scenario, project)
    hand_over(scenario, project, taker=CLI)
