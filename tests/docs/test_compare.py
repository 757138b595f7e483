"""The commands of docs/compare.md are run as they stand there."""

from __future__ import annotations

from pathlib import Path

from sandbox.databases import Target
from tests.docs.test_readme import commands
from tests.fix_project import Project

PAGE = Path(__file__).parents[2] / "docs" / "compare.md"


def test_its_commands_work(project: Project, production_copy: Target, staging_copy: Target) -> None:
    project.point("production", production_copy)
    project.point("staging", staging_copy)
    told = [command for command in commands(PAGE.read_text("utf-8")) if command]
    assert len(told) >= 7
    for command in told:
        assert command[:3] == ["python", "-m", "operations"]
        run = project.operations(*command[3:])
        assert run.code == 0, f"{command}: {run.text}"
