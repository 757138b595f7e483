"""The README's commands are run as they stand there."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.databases import Target
from tests.fix_project import Project

ROOT = Path(__file__).resolve().parent.parent.parent
HOSTED = "## A hosted project"


def commands(text: str) -> Iterator[list[str]]:
    for block in re.findall(r"```\n(.*?)```", text, re.DOTALL):
        for line in block.splitlines():
            yield shlex.split(line, comments=True)


def sandboxed() -> list[list[str]]:
    text = (ROOT / "README.md").read_text("utf-8").partition(HOSTED)[0]
    return [command for command in commands(text) if command]


@pytest.fixture
def both(project: Project, production_copy: Target, staging_copy: Target) -> Project:
    for stack, target in (("production", production_copy), ("staging", staging_copy)):
        project.point(stack, target)
        project.adopt(stack)
    return project


def test_its_pulumi_commands_work(both: Project) -> None:
    ours = [command for command in sandboxed() if command[0] == "pulumi"]
    assert len(ours) >= 4
    for command in ours:
        confirmed = ["--yes"] if command[1] == "up" else []
        run = both.pulumi(*command[1:], *confirmed)
        assert run.code == 0, f"{command}: {run.text}"


def test_its_make_targets_exist() -> None:
    targets = {command[1] for command in sandboxed() if command[0] == "make"}
    assert {"preview", "compare", "test"} <= targets
    for target in targets:
        run = subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stderr


def test_its_links_lead_somewhere() -> None:
    for page in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]:
        for link in re.findall(r"\]\(([^)#]+)\)", page.read_text("utf-8")):
            if "://" not in link:
                assert (page.parent / link.replace("%20", " ")).exists(), f"{page.name}: {link}"
