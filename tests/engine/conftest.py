"""A project of its own for each test, apart from the machine's settings."""

from pathlib import Path

import pytest

from engine.project import Project, load_project

FIXTURES = Path(__file__).parent / "fixtures" / "cli"
PASSPHRASE = "correct-horse"


@pytest.fixture
def cli_files() -> Path:
    """Files that the CLI wrote, for the project `ex`, its stack `dev` and the passphrase of `passphrase`."""
    return FIXTURES


@pytest.fixture
def passphrase(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.delenv("PULUMI_CONFIG_PASSPHRASE_FILE", raising=False)
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", PASSPHRASE)
    return PASSPHRASE


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """The project `ex` in a folder with a space in its name, its state in `state` beside it."""
    for name in ("PULUMI_BACKEND_URL", "PULUMI_STACK", "PWD"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "home"))
    root = tmp_path / "a project"
    root.mkdir()
    (root / "Pulumi.yaml").write_text(
        "name: ex\n"
        "runtime: python\n"
        "backend:\n  url: file://./state\n"
        "config:\n  level: 3\n  eng:region: west\n",
        encoding="utf-8",
    )
    return load_project(root)
