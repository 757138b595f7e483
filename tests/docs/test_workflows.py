"""The workflows' steps are run as they stand there, with a stand-in for what only the host has."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml

from sandbox.databases import Target
from tests.fix_project import ROOT, Project, Run

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def steps(job: str) -> list[dict[str, Any]]:
    [workflow] = WORKFLOWS
    found: list[dict[str, Any]] = yaml.safe_load(workflow.read_text("utf-8"))["jobs"][job]["steps"]
    return found


def script(job: str, name: str) -> str:
    return next(str(step["run"]) for step in steps(job) if step.get("name") == name)


def bash(text: str, folder: Path, **environment: str) -> Run:
    """As the host runs a step."""
    (folder / "summary.md").touch()
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("PULUMI_")}
    told = {"GITHUB_STEP_SUMMARY": str(folder / "summary.md"), "PULUMI_HOME": str(folder / ".home")}
    done = subprocess.run(
        ["bash", "-e", "-c", text],
        cwd=folder,
        env={**inherited, **told, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    return Run(done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize("job", ["preview", "drift"])
def test_every_script_can_be_read_and_every_target_is_there(job: str) -> None:
    texts = [step["run"] for step in steps(job) if "run" in step]
    assert texts
    for text in texts:
        run = subprocess.run(["bash", "-n", "-c", text], capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stderr
        for line in text.splitlines():
            if line.startswith("make "):
                target = line.split()[1]
                dry = subprocess.run(
                    ["make", "-n", target], cwd=ROOT, capture_output=True, text=True, check=False
                )
                assert dry.returncode == 0, dry.stderr


def test_nothing_is_trusted_with_more_than_it_needs() -> None:
    [workflow] = WORKFLOWS
    told = yaml.safe_load(workflow.read_text("utf-8"))
    assert told["permissions"] == {"contents": "read"}
    assert "secrets." not in yaml.safe_dump(told["jobs"]["preview"])


def test_the_comment_has_the_table_and_the_preview(
    project: Project, production_copy: Target, staging_copy: Target
) -> None:
    project.point("production", production_copy)
    project.point("staging", staging_copy)
    run = project.operations("compare", "production", "staging")
    assert run.code == 0, run.text
    (project.root / "compared" / "preview.txt").write_text("+ voip:postgres:Table\n", "utf-8")
    stand_ins = project.root / "stand-ins"
    stand_ins.mkdir()
    (stand_ins / "gh").write_text('#!/bin/sh\necho "$@" > told.txt\n', "utf-8")
    (stand_ins / "gh").chmod(0o755)
    path = f"{stand_ins}:{os.environ['PATH']}"
    for name in ("Write the comment", "Post it"):
        done = bash(script("preview", name), project.root, PATH=path, REQUEST="https://example.test/1")
        assert done.code == 0, done.text
    comment = (project.root / "compared" / "comment.md").read_text("utf-8")
    assert "| Migrations applied | 19 | 58 | 41 missing, 2 extra |" in comment
    assert "## 1 Tables" not in comment
    assert "+ voip:postgres:Table" in comment
    assert (project.root / "summary.md").read_text("utf-8") == comment
    assert "https://example.test/1 --edit-last" in (project.root / "told.txt").read_text("utf-8")


def test_the_watch_is_green_until_something_changes(project: Project, staging_copy: Target) -> None:
    project.point("staging", staging_copy)
    (project.root / "snapshots").mkdir()
    watch = script("drift", "Watch")
    first = bash(watch, project.root, STACK="staging")
    assert (first.code, first.out) == (0, "staging is as declared at phase 8.\n"), first.text
    with psycopg.connect(staging_copy.database_url) as connection:
        connection.execute("DROP INDEX public.idx_profiles_role")
    second = bash(watch, project.root, STACK="staging")
    assert second.code == 3
    assert "- missing Index public.idx_profiles_role (changed since " in second.out
    assert second.out in (project.root / "summary.md").read_text("utf-8")
    third = bash(watch, project.root, STACK="staging")
    assert "(so already " in third.out


def test_a_watch_that_can_not_look_is_red_too(project: Project) -> None:
    run = bash(script("drift", "Watch"), project.root, STACK="unknown")
    assert run.code == 1
    assert "there is no Pulumi.unknown.yaml" in run.out
