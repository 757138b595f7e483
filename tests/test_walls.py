"""The way through the rooms is one direction; who imports what is held here."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

ALLOWED = {
    "settings": set(),
    "provider": set(),
    "resources": {"provider.schema"},
    "components": {"settings", "resources", "provider.schema"},
    "__main__": {"settings", "components"},
    "engine": set(),
    "sandbox": set(),
    "comparison": {"provider.schema", "provider.differences"},
    "operations": {"settings", "comparison", "components", "provider", "sandbox"},
}
"""What each room may import of the others; a prefix of the module's name decides."""

# The program's process must not pay for the database driver, and the provider's not for the SDK.
HEAVY = {
    "settings": {"pulumi", "psycopg"},
    "components": {"psycopg"},
    "resources": {"psycopg"},
    "comparison": {"pulumi", "psycopg"},
}


def modules(room: str) -> list[Path]:
    folder = ROOT / room
    return sorted(folder.rglob("*.py")) if folder.is_dir() else [ROOT / f"{room}.py"]


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide a module's room"
            yield node.module or ""


def within(name: str, prefixes: set[str]) -> bool:
    return any(name == prefix or name.startswith(f"{prefix}.") for prefix in prefixes)


@pytest.mark.parametrize("room", ALLOWED)
def test_a_room_imports_only_what_stands_before_it(room: str) -> None:
    others = ALLOWED.keys() - {room}
    for path in modules(room):
        for name in imported(path):
            if within(name, set(others)):
                assert within(name, ALLOWED[room]), f"{path.relative_to(ROOT)} imports {name}"


@pytest.mark.parametrize("room", HEAVY)
def test_a_light_room_stays_light(room: str) -> None:
    for path in modules(room):
        for name in imported(path):
            assert not within(name, HEAVY[room]), f"{path.relative_to(ROOT)} imports {name}"


def test_every_room_is_held() -> None:
    rooms = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests", "bench"}
    assert rooms <= ALLOWED.keys(), f"no rule for {rooms - ALLOWED.keys()}"
    assert sys.stdlib_module_names.isdisjoint(ALLOWED.keys() - {"__main__"}), "a room hides a standard module"
