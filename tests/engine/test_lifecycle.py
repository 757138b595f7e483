"""Each file of tests/lifecycle is a scenario that the engine must play as the Pulumi CLI does.

PULUMI_CLI=<path> plays them with that CLI, too: they are the specification of both, and either must carry on
from what the other left.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import yaml

from engine.checkpoint import Encode, Texts
from engine.rows import Row
from tests.engine.lifecycle import play

SCENARIOS = sorted((Path(__file__).parent.parent / "lifecycle").glob("*.yaml"))
CLI = os.environ.get("PULUMI_CLI")


@pytest.fixture(autouse=True)
def _no_stale_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hold every row that is written against its text made anew: no run may change a value in place."""
    kept = Texts.of

    def checked(texts: Texts, row: Row, encode: Encode) -> str:
        text = kept(texts, row, encode)
        assert text == kept(Texts(), row, encode)
        return text

    monkeypatch.setattr(Texts, "of", checked)


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_scenario(path: Path, tmp_path: Path) -> None:
    play(yaml.safe_load(path.read_text()), tmp_path)


@pytest.mark.skipif(CLI is None, reason="PULUMI_CLI names no CLI")
@pytest.mark.parametrize("taking_turns", [False, True], ids=["alone", "taking turns"])
@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_scenario_with_the_cli(path: Path, tmp_path: Path, taking_turns: bool) -> None:
    scenario = yaml.safe_load(path.read_text())
    if reason := scenario.get("embedded only"):
        pytest.skip(reason)
    play(scenario, tmp_path, CLI, taking_turns=taking_turns)
