"""Let one engine carry on from what the other left: preview, read its secrets, update, and hand it back."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.engine.lifecycle import Project
from tests.engine.recording import FIXTURES
from tests.engine.scenario import Scenario

ILLS = {"fail", "unhealthy", "die", "sleep", "refuse", "failConfigure", "stillborn"}
UP = ("up", "--yes", "--skip-preview")


def hand_over(scenario: Scenario, project: Project, taker: str | None) -> None:
    """The project's engine hands over to `taker`, a CLI or, without one, the embedded engine.

    AssertionError says what the taker, or the giver at the end, sees otherwise than the other.
    """
    heal(scenario, project)
    giver, expected = project.cli, set(scenario["handover"])
    assert project.run("config", "set", "--secret", "canary", "of the giver").code == 0
    left = exported(project)

    project.cli = taker
    require_preview(project, expected)
    assert exported(project) == left
    assert project.run("config", "get", "canary").printed == "of the giver\n"
    update_all(project)

    left = exported(project)
    project.cli = giver
    require_preview(project, set())
    assert exported(project) == left


def heal(scenario: Scenario, project: Project) -> None:
    """Give the provider what the scenario's last behaviour does, without what goes wrong in it."""
    behaviours = [scenario.get("behaviour", {}), *(run.get("behaviour") for run in scenario["runs"])]
    last = [behaviour for behaviour in behaviours if behaviour is not None][-1]
    project.write_behaviour(
        {
            token: {key: value for key, value in does.items() if key not in ILLS}
            for token, does in last.items()
        }
    )


def require_preview(project: Project, steps: set[str]) -> None:
    words = ["preview"] if steps else ["preview", "--expect-no-changes"]
    outcome = project.run(*words)
    assert (outcome.code, outcome.steps) == (0, steps), outcome.output


def update_all(project: Project) -> None:
    """Change an input of every resource of the provider's, a secret one."""
    assert project.run("config", "set", "--secret", "generation", "of the taker").code == 0
    outcome = project.run(*UP)
    assert outcome.code == 0, outcome.output
    touched = [row for row in project.rows() if row["type"].startswith("fake:") and not row.get("external")]
    assert touched, "the scenario leaves nothing to update"
    assert not [row["urn"] for row in touched if "generation" not in row["inputs"]]


def exported(project: Project) -> Mapping[str, Any]:
    """The state as the engine prints it, secrets and all."""
    outcome = project.run("stack", "export", "--show-secrets")
    assert outcome.code == 0, outcome.output
    deployment: dict[str, Any] = json.loads(outcome.printed)["deployment"]
    del deployment["manifest"]
    return deployment


def restore(scenario: Scenario, name: str, folder: Path) -> Project:
    """A project of the embedded engine's as the CLI left it at the end of a scenario, from the fixture."""
    project = Project(folder, None)
    fixture = FIXTURES / name
    project.state_file.parent.mkdir(parents=True)
    project.state_file.write_text((fixture / "state.json").read_text())
    shutil.copy(fixture / "Pulumi.dev.yaml", folder)
    project.write_program([run["program"] for run in scenario["runs"] if "program" in run][-1])
    for identifier, inputs in json.loads((fixture / "world.json").read_text()).items():
        project.world.put(identifier, "fake:index:Thing", inputs)
        name, _, number = identifier.rpartition("-")
        while number.isdigit() and project.world.next_number(name) < int(number):
            pass
    assert project.run("stack", "select", "dev").code == 0
    return project
