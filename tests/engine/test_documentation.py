"""docs/engine.md names every module, all that the command line knows, and all that it refuses."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from pathlib import Path

from engine.cli.main import parser
from tests.engine.test_command_line import REFUSED_COMMANDS, REFUSED_OPTIONS, REFUSED_VARIABLES

ROOT = Path(__file__).resolve().parent.parent.parent
ENGINE = ROOT / "engine"
WITHOUT_A_ROW = {"__init__", "__main__"}
WHOLE_ROOMS = {"cli", "command", "display"}


def section(title: str) -> str:
    text = (ROOT / "docs" / "engine.md").read_text()
    return text.partition(f"\n## {title}")[2].partition("\n## ")[0]


def undocumented(title: str, names: Iterable[str]) -> list[str]:
    """What a section does not name, whether alone or with more after it."""
    text = section(title)
    return [name for name in names if f"`{name}`" not in text and f"`{name} " not in text]


def known(command: argparse.ArgumentParser) -> Iterator[str]:
    """The commands below one, and the options of each in their long form."""
    for action in command._actions:  # argparse has no other way to them
        yield from (name for name in action.option_strings if name.startswith("--"))
        if isinstance(action, argparse._SubParsersAction):
            for name, below in action.choices.items():
                yield name
                yield from known(below)


def modules() -> Iterator[str]:
    """Each module by its name; one of `deployment/` may stand there with its folder."""
    for path in sorted(ENGINE.rglob("*.py")):
        if path.stem not in WITHOUT_A_ROW and path.parent.name not in WHOLE_ROOMS:
            yield path.stem


def test_every_module_has_its_place() -> None:
    table = section("Where things are")
    assert [name for name in modules() if f"`{name}`" not in table and f"/{name}`" not in table] == []


def test_all_that_is_known_is_told() -> None:
    assert undocumented("Supported", sorted(set(known(parser())) - {"--help"})) == []


def test_all_that_is_refused_is_told() -> None:
    assert undocumented("Refused", (*REFUSED_COMMANDS, *REFUSED_OPTIONS, *REFUSED_VARIABLES)) == []
