"""Every command of the README and of docs/ is one, and something runs it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from engine.cli.main import parser as pulumi_parser
from operations.__main__ import parser as operations_parser
from operations.coverage import is_test
from tests.fix_project import ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
PROGRAMS = ("make ", "pulumi ", "python -m operations ", "export ", "git ", ". ")
RUN_BY: dict[str, str] = msgspec.yaml.decode(Path(__file__).with_name("commands.yaml").read_bytes())


def told(page: Path) -> Iterator[str]:
    """The commands of a page, less their comments."""
    for block in re.findall(r"```\n(.*?)```", page.read_text("utf-8"), re.DOTALL):
        lines = [line for line in block.splitlines() if line]
        # Whatever begins with a command holds nothing else: a new program is named here first.
        if lines[0].startswith(PROGRAMS):
            assert all(line.startswith(PROGRAMS) for line in lines), f"{page.name}: {block}"
            for line in lines:
                for command in line.split(" && "):
                    yield shlex.join(shlex.split(command, comments=True)) if " #" in command else command


COMMANDS = list(dict.fromkeys(command for page in PAGES for command in told(page)))


def beginning(command: str) -> str:
    return max((each for each in RUN_BY if command.startswith(each)), key=len, default="")


def test_every_command_is_run_by_something() -> None:
    assert [command for command in COMMANDS if not beginning(command)] == []


def test_nothing_else_is_told_to_be_run() -> None:
    assert RUN_BY.keys() - {beginning(command) for command in COMMANDS} == set()


def test_what_runs_them_is_there() -> None:
    for runner in RUN_BY.values():
        kind, _, what = runner.partition(" ")
        assert kind == "people" or (kind == "test" and is_test(ROOT, what)), runner


@pytest.mark.parametrize("command", [each for each in COMMANDS if each.startswith("pulumi ")])
def test_pulumi_knows_its_words(command: str) -> None:
    pulumi_parser().parse_args(shlex.split(command)[1:])


@pytest.mark.parametrize("command", [each for each in COMMANDS if each.startswith("python ")])
def test_the_project_knows_its_words(command: str) -> None:
    operations_parser().parse_args(shlex.split(command.partition(" > ")[0])[3:])
