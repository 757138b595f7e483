"""Deployments by way of an API that fails at random: all converge, and no function is ever gone."""

from __future__ import annotations

from pathlib import Path

from tests.provider.supabase.convergence import CHECKED, changed_verify_jwt, failing, missing

DEPLOYMENTS = 100


def test_each_deployment_converges(tmp_path: Path) -> None:
    with failing(tmp_path) as project:
        made = [project.deploy(seed) for seed in range(DEPLOYMENTS)]
        assert project.observed.states[-1] == CHECKED
    for each in made:
        assert (each.missing, each.changed_verify_jwt, each.unlike_sources) == ([], [], []), each
    assert max(each.attempts for each in made) > 1, "some end in the middle, and the next ones go on"
    assert all(any(kind in each.faults for each in made) for kind in ("cut", "timeout", "502, applied"))


def test_what_was_gone_for_an_instant_is_told() -> None:
    states = [{"one": True}, {"one": True, "two": False}, {"two": False}, {"one": True, "two": True}]
    assert missing(states) == ["one"]
    assert changed_verify_jwt(states) == ["two"]
