"""The project's own stacks go from one engine to the other, whichever begins: PULUMI_CLI names the CLI."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest

from sandbox.databases import Target
from tests.acceptance.digest import shown
from tests.fix_project import Project

CLI = os.environ.get("PULUMI_CLI")
Engine = dict[str, str]
"""What a command's environment says of the engine it is to take."""

pytestmark = pytest.mark.skipif(CLI is None, reason="PULUMI_CLI names no CLI")


@pytest.fixture(params=["CLI", "embedded"])
def engines(request: pytest.FixtureRequest) -> tuple[Engine, Engine]:
    """Who adopts, and who carries on."""
    cli, embedded = {"PULUMI_CLI": str(CLI)}, {"PULUMI_EMBEDDED": "1"}
    return (cli, embedded) if request.param == "CLI" else (embedded, cli)


@pytest.mark.parametrize(("stack", "phase"), [("production", "1"), ("staging", "8")])
def test_either_engine_carries_on_from_the_other(
    project: Project,
    engines: tuple[Engine, Engine],
    stack: str,
    phase: str,
    production_copy: Target,
    staging_copy: Target,
) -> None:
    giver, taker = engines
    project.point(stack, production_copy if stack == "production" else staging_copy)
    adopted = project.operations("adopt", "--stack", stack, **giver)
    assert adopted.code == 0, adopted.text
    done(project, stack, giver, "config", "set", "--secret", "other:canary", "hunter2")

    adopted_state = project.state(stack)
    seen = digest(project, stack, taker)
    assert shown(seen) == shown(digest(project, stack, giver))
    assert bool(shown(seen)) == (stack == "production")
    assert project.state(stack) == adopted_state
    assert done(project, stack, taker, "config", "get", "other:canary") == "hunter2\n"

    done(project, stack, taker, "config", "set", "phase", phase)
    done(project, stack, taker, "up", "--yes", "--skip-preview")
    done(project, stack, giver, "preview", "--expect-no-changes")
    assert exported(project, stack, giver) == exported(project, stack, taker)


def done(project: Project, stack: str, engine: Engine, *words: str) -> str:
    run = project.pulumi(*words, "--stack", stack, **engine)
    assert run.code == 0, run.text
    return run.out


def digest(project: Project, stack: str, engine: Engine) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(done(project, stack, engine, "preview", "--json"))
    return found


def exported(project: Project, stack: str, engine: Engine) -> dict[str, Any]:
    deployment: dict[str, Any] = json.loads(done(project, stack, engine, "stack", "export", "--show-secrets"))
    return {key: value for key, value in deployment["deployment"].items() if key != "manifest"}
