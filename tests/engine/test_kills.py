"""An update that was killed is carried on by the next one; `python -m bench.kills` tries it often."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.kills import PLANS, Bench, faults
from tests.engine.lifecycle import Project


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(tmp_path_factory.mktemp("kills"))


@pytest.mark.parametrize("seed", [PLANS * number for number in range(1, 7)])
def test_the_next_update_heals(bench: Bench, seed: int) -> None:
    trial = bench.trial(seed)
    assert trial.faults == []
    assert trial.outcome in ("converged", "not killed")


def test_the_bench_sees_what_is_wrong(tmp_path: Path) -> None:
    project = Project(tmp_path, None)
    wanted = {"a": {"value": "new"}, "b": {}}
    project.change_cloud({"a": {"value": "old"}, "c": {}})
    assert list(faults(project, wanted)) == [
        "the world lacks ['b']",
        "the world still has ['c']",
        "the world has others for ['a']",
        "the state lacks ['a', 'b']",
    ]
    project.change_cloud({"c": None})
    project.change_cloud({"c": {}})
    assert "made twice: ['c']" in faults(project, wanted)
