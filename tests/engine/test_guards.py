"""What keeps a stack from two runs at once, and from a wrong passphrase."""

from __future__ import annotations

import getpass
import json
import os
from pathlib import Path

import pytest

from tests.engine.lifecycle import Project
from tests.engine.processes import SECONDS, begun, is_running, provider_pid, wait_for

UP = ("up", "--yes", "--skip-preview")
SECRET = """
a = Thing("a", {"pw": Output.secret("hunter2")})
Thing("b", {"ref": a.id})
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project(tmp_path, None)
    project.write_program(SECRET)
    project.write_behaviour({})
    assert project.run("stack", "init", "dev").code == 0
    return project


def test_a_second_run_is_refused_with_who_holds_the_lock_until_it_is_cancelled(project: Project) -> None:
    project.write_behaviour({"*": {"sleep": {"create:b": 60}}})
    first = project.start(*UP)
    wait_for(lambda: begun(project, "Create b"), "the creation of b")
    provider = provider_pid(project)
    (project.folder / "import.json").write_text(json.dumps({"resources": []}))
    state = project.deployment()
    for words in (
        UP,
        ("up", "--yes"),
        ("refresh", "--yes"),
        ("destroy", "--yes"),
        ("import", "--file", "import.json", "--yes"),
        ("stack", "rm", "--yes", "--force"),
    ):
        refused = project.run(*words)
        assert refused.code == 1, refused.output
        assert (
            f"locked by process {first.pid} of {getpass.getuser()} on {os.uname().nodename}" in refused.output
        )
        assert "pulumi cancel" in refused.output
    assert project.deployment() == state
    for command in ("preview", "stack export", "stack ls", "config"):
        assert project.run(*command.split()).code == 0

    assert project.run("cancel").code == 2  # nobody could be asked
    assert project.locks()
    assert project.run("cancel", "--yes").code == 0
    assert not project.locks()
    first.kill()
    first.communicate(timeout=SECONDS)
    wait_for(lambda: not is_running(provider), "the provider's end")
    project.write_behaviour({})
    assert project.run(*UP).code == 0


def test_a_wrong_passphrase_is_told_before_anything_is_done(project: Project) -> None:
    assert project.run("config", "set", "--secret", "token", "hunter3").code == 0
    assert project.run(*UP).code == 0
    state, config = project.deployment(), (project.folder / "Pulumi.dev.yaml").read_text()
    project.calls()
    project.environment["PULUMI_CONFIG_PASSPHRASE"] = "another"
    for words in (
        UP,
        ("up", "--yes"),
        ("preview",),
        ("refresh", "--yes", "--skip-preview"),
        ("destroy", "--yes", "--skip-preview"),
        ("config", "get", "token"),
        ("config", "set", "--secret", "other", "x"),
        ("stack", "output", "--show-secrets"),
        ("stack", "export", "--show-secrets"),
    ):
        refused = project.run(*words)
        assert refused.code == 1, words
        assert "The passphrase is wrong" in refused.output, words
        assert "Traceback" not in refused.output
    assert project.calls() == []
    assert not project.locks()
    assert project.deployment() == state
    assert (project.folder / "Pulumi.dev.yaml").read_text() == config


def test_a_stack_without_a_secret_is_not_changed_with_a_wrong_one_either(project: Project) -> None:
    project.write_program('Thing("a")')
    project.environment["PULUMI_CONFIG_PASSPHRASE"] = "another"
    refused = project.run(*UP)
    assert (refused.code, refused.calls) == (1, [])
    assert "The passphrase is wrong" in refused.output


def test_the_passphrase_may_stand_in_a_file(project: Project) -> None:
    file = project.folder / "passphrase"
    file.write_text(project.environment.pop("PULUMI_CONFIG_PASSPHRASE") + "\n")
    refused = project.run(*UP)
    assert refused.code == 1
    assert "PULUMI_CONFIG_PASSPHRASE_FILE" in refused.output
    project.environment["PULUMI_CONFIG_PASSPHRASE_FILE"] = str(file)
    assert project.run(*UP).code == 0
    assert project.run("preview", "--expect-no-changes").code == 0
    file.write_text("another")
    assert "The passphrase is wrong" in project.run(*UP).output
