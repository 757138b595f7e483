"""Each file of tests/lifecycle is a scenario that the engine must play as the Pulumi CLI does.

PULUMI_CLI=<path> plays them with that CLI, too: they are the specification of both, and either must carry on
from what the other left.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import yaml

from tests.engine.lifecycle import play

SCENARIOS = sorted((Path(__file__).parent.parent / "lifecycle").glob("*.yaml"))
CLI = os.environ.get("PULUMI_CLI")


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
