"""Planted secrets, which must turn up in plain nowhere but where they were planted.

One is in the stack's config, one is made by the program, and one by the provider. PULUMI_CLI=<path> looks at
what that CLI leaves, too.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.lifecycle import Project

CANARIES = ("canary-of-the-config", "canary-of-the-program", "canary-of-the-provider")
CONFIGURED = f'{CANARIES[0]} "quoted"\nand-its-second-line-{CANARIES[0]}'
PROGRAM = """
token = config.require_secret("token")
made = Output.secret("-".join(["canary", "of", "the", "program"]))
nested = config.require_secret_object("nested")
thing = Thing("thing", {"token": token, "deep": {"made": [made]}, "nested": nested, "made": None})
group = Group("group", inputs={"token": token})
Thing("copy", {"token": thing.made}, Options(parent=group))
pulumi.export("token", token)
pulumi.export("made", Output.format("{}/{}", made, thing.made))
"""
TELLING = """
def tell(values):
    print(*values)
    pulumi.log.info(" ".join(values))

Output.all(token, made, thing.id, thing.made).apply(tell)
"""
BEHAVIOUR = {"*": {"outputs": {"made": "canary-of-the-provider-{id}"}, "secretOutputs": ["made"]}}
TOLD = " ".join([CONFIGURED, CANARIES[1], "canary-of-the-provider-thing-1"])
COMMANDS = (
    "config",
    "config --json",
    "preview",
    "preview --diff",
    "preview --json",
    "up --yes --diff",
    "up --yes --skip-preview",
    "refresh --yes",
    "stack output",
    "stack output --json",
    "stack export",
    "preview --json",
    "destroy --preview-only --diff",
)
CLI = os.environ.get("PULUMI_CLI")


@pytest.fixture(params=["embedded", "cli"])
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Project:
    if request.param == "cli" and CLI is None:
        pytest.skip("PULUMI_CLI names no CLI")
    project = Project(tmp_path, None if request.param == "embedded" else CLI)
    (tmp_path / "tmp").mkdir()
    project.environment["TMPDIR"] = str(tmp_path / "tmp")
    project.write_behaviour(BEHAVIOUR)
    project.write_program(PROGRAM)
    assert project.run("stack", "init", "dev").code == 0
    for key, value in (("token", CONFIGURED), ("nested", json.dumps({"inner": [CANARIES[0]]}))):
        set_secret(project, key, value)
    return project


def set_secret(project: Project, key: str, value: str) -> None:
    """On stdin: other tests look for canaries among the arguments of every process meanwhile."""
    command = [*project.command, "config", "set", "--secret", key]
    subprocess.run(command, cwd=project.folder, env=project.environment, input=value, text=True, check=True)


def plain(text: str) -> list[str]:
    return [canary for canary in CANARIES if canary in text]


def files_in_plain(project: Project) -> Iterator[str]:
    """All files of the project, its home and its temporary folder, but for where secrets must be."""
    for path in project.folder.rglob("*"):
        if (
            path.is_file()
            and path != project.folder / "__main__.py"
            and not path.is_relative_to(project.fake)
        ):
            text = path.read_bytes().decode("utf-8", errors="replace")
            yield from (f"{path}: {canary}" for canary in plain(text))


def test_they_are_in_no_output_and_in_no_file(project: Project) -> None:
    for command in COMMANDS:
        if project.cli and command.startswith("refresh"):
            continue  # what a provider reads is no secret to the CLI, unless the provider says so
        outcome = project.run(*command.split())
        assert outcome.code == 0, outcome.output
        assert not plain(outcome.output), f"{command}\n{outcome.output}"
        assert list(files_in_plain(project)) == [], command
    assert CANARIES[1] in project.run("stack", "output", "--show-secrets").output


def test_they_are_in_no_file_after_failures(project: Project) -> None:
    if project.cli:
        pytest.skip("the CLI keeps what a provider says of an unhealthy object as it is")
    behaviour = BEHAVIOUR["*"] | {"fail": {"create:copy": TOLD}, "unhealthy": {"create:thing": TOLD}}
    project.write_behaviour({"*": behaviour})
    for _ in range(2):
        assert project.run("up", "--yes", "--skip-preview").code != 0
    assert list(files_in_plain(project)) == []


def test_the_embedded_engine_masks_them_in_every_message(project: Project) -> None:
    if project.cli:
        pytest.skip("the CLI masks the config's secrets alone")
    project.write_program(PROGRAM + TELLING)
    say = {"create:thing": CONFIGURED, "update:thing": TOLD, "create:copy": TOLD}
    project.write_behaviour({"*": BEHAVIOUR["*"] | {"say": say, "fail": {"create:copy": TOLD}}})
    for command in ("preview", "preview --json", "up --yes --skip-preview", "up --yes --skip-preview --diff"):
        outcome = project.run(*command.split())
        assert "[secret]" in outcome.output
        assert not plain(outcome.output), f"{command}\n{outcome.output}"
        assert list(files_in_plain(project)) == []


def test_they_are_in_no_process_s_arguments(project: Project) -> None:
    project.write_behaviour({"*": BEHAVIOUR["*"] | {"sleep": {"create:copy": 1}}})
    process = project.start("up", "--yes", "--skip-preview")
    seen = ""
    while process.poll() is None:
        seen += subprocess.run(["ps", "-axwwo", "args="], capture_output=True, text=True, check=True).stdout
    output, _ = process.communicate()
    assert process.returncode == 0, output
    assert "--skip-preview" in seen
    assert not plain(seen)


def test_one_given_on_stdin_is_in_no_file(project: Project) -> None:
    set_secret(project, "token", CANARIES[0])
    assert list(files_in_plain(project)) == []
    assert project.run("config", "get", "token").output.strip() == CANARIES[0]
