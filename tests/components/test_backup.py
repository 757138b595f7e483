"""When the backup is declared, and what is said to a step that has none to rest on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from components.archive import MANIFEST, PARTS, TIME, Manifest, described
from components.backup import is_due, refusal
from components.steps import Progress
from settings import PROJECT, Settings, load_settings

NOW = datetime(2025, 11, 2, 12, 0, tzinfo=UTC)
TAKE = "; take one with `python -m operations backup --stack production`, then run the same command again"


def settings(**values: str) -> Settings:
    ours = {f"{PROJECT}:{name}": value for name, value in values.items()}
    return load_settings({"voip:environment": "production", **ours})


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def taken(root: Path, part: str, hours: float) -> Path:
    """A backup of a part, so many hours old."""
    folder = root / "backups" / "production" / part / (NOW - timedelta(hours=hours)).strftime(TIME)
    folder.mkdir(parents=True)
    (folder / "rows.csv").write_text("1\n", "utf-8")
    manifest = Manifest(environment="production", project="ref", files=described(folder), restored={})
    (folder / MANIFEST).write_bytes(msgspec.json.encode(manifest))
    return folder


@pytest.mark.parametrize(
    ("values", "completed", "due"),
    [
        ({}, 0, False),  # a preview of the whole way
        ({"phase": "1"}, 0, True),
        ({"phase": "2"}, 0, True),
        ({}, 1, True),
        ({"phase": "0"}, 1, False),
        ({"found": "8"}, 8, False),
        ({"found": "8", "phase": "7"}, 8, False),
    ],
)
def test_it_is_declared_from_its_step_on(values: dict[str, str], completed: int, due: bool) -> None:
    assert is_due(settings(**values), Progress(completed, 0)) is due


@pytest.mark.usefixtures("root")
@pytest.mark.parametrize(
    ("values", "completed"),
    [
        ({"phase": "1"}, 0),
        ({"phase": "2"}, 2),
        ({"phase": "2"}, 5),
        ({"phase": "0"}, 1),
        ({"found": "7", "phase": "8"}, 7),
    ],
)
def test_only_a_step_forward_needs_one(values: dict[str, str], completed: int) -> None:
    assert refusal(settings(**values), completed, "production", NOW) is None


@pytest.mark.usefixtures("root")
def test_none_is_not_enough() -> None:
    told = "there is no backup of the database younger than 24 hours"
    assert refusal(settings(phase="2"), 1, "production", NOW) == told + TAKE


def test_each_part_must_be_young(root: Path) -> None:
    for part in PARTS:
        taken(root, part, hours=30)
    assert refusal(settings(phase="2", backupHours="31"), 1, "production", NOW) is None
    told = refusal(settings(phase="2"), 1, "production", NOW)
    assert told == (
        "there is no backup of the database younger than 24 hours (the last is of 2025-11-01 06:00 UTC)"
        + TAKE
    )
    taken(root, "database", hours=1)
    told = refusal(settings(phase="2"), 1, "production", NOW)
    assert told is not None
    assert told.startswith("there is no backup of the functions younger than 24 hours (")
    taken(root, "functions", hours=1)
    assert refusal(settings(phase="2"), 1, "production", NOW) is None


@pytest.mark.parametrize("damage", ["gone", "changed", "of the same size"])
def test_what_was_changed_is_none(root: Path, damage: str) -> None:
    taken(root, "functions", hours=1)
    file = taken(root, "database", hours=1) / "rows.csv"
    if damage == "gone":
        file.unlink()
    else:
        file.write_text("2\n" if damage == "of the same size" else "", "utf-8")
    told = refusal(settings(phase="2"), 1, "production", NOW)
    what = "gone" if damage == "gone" else "changed"
    shown = file.relative_to(root)
    assert told is not None
    assert told.startswith("the backup of the database of 2025-11-02 11:00 UTC is damaged (")
    assert f"{shown} is gone" in told if what == "gone" else f"{shown} was changed" in told


def test_another_environments_is_none(root: Path) -> None:
    for part in PARTS:
        taken(root, part, hours=1)
    (root / "backups" / "production").rename(root / "backups" / "elsewhere")
    assert refusal(settings(phase="2"), 1, "production", NOW) is not None


def test_what_merely_looks_like_one_is_none(root: Path) -> None:
    place = root / "backups" / "production" / "database"
    (place / "mine").mkdir(parents=True)
    (place / "mine" / MANIFEST).write_text("{}", "utf-8")
    (place / NOW.strftime(TIME)).mkdir()
    (place / NOW.strftime(TIME) / MANIFEST).write_text("{", "utf-8")
    assert refusal(settings(phase="2"), 1, "production", NOW) is not None
