"""engine/pulumi hands over to a Pulumi CLI where there is one, else to the embedded engine."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

LAUNCHER = Path(__file__).resolve().parent.parent.parent / "engine" / "pulumi"
SANDBOX_YAML = "name: x\nbackend:\n  url: file://./.sandbox/state\n"
HOSTED_YAML = "name: x\nbackend:\n  url: https://api.pulumi.com\n"


@dataclass
class Place:
    """A project with a launcher in its virtual environment, and an empty folder for PATH."""

    root: Path
    bin: Path

    def run(self, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        path = f"{self.root / '.venv' / 'bin'}:{self.bin}:/usr/bin:/bin"
        return subprocess.run(
            [str(self.root / ".venv" / "bin" / "pulumi"), *words],
            env={"PATH": path, "HOME": str(self.root), **environment},
            cwd=self.root,
            capture_output=True,
            text=True,
            timeout=20,
        )

    def put_cli(self, version: str = "v3.260.0", folder: Path | None = None) -> Path:
        cli = (folder or self.bin) / "pulumi"
        write_script(
            cli,
            f'[ "$1" = version ] && {{ echo {version}; exit; }}\necho "cli $* [$PULUMI_CONFIG_PASSPHRASE]"',
        )
        return cli


def write_script(path: Path, body: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    root = tmp_path / "a project's place"
    (root / "engine").mkdir(parents=True)
    shutil.copy(LAUNCHER, root / "engine" / "pulumi")
    write_script(root / ".venv" / "bin" / "python", 'echo "embedded $* [${PULUMI_CONFIG_PASSPHRASE-unset}]"')
    (root / ".venv" / "bin" / "pulumi").symlink_to("../../engine/pulumi")
    (root / "Pulumi.yaml").write_text(SANDBOX_YAML)
    binaries = tmp_path / "bin"
    binaries.mkdir()
    return Place(root, binaries)


def test_without_a_cli_the_embedded_engine_runs(place: Place) -> None:
    done = place.run("preview", "--stack", "a b")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"embedded {place.root}/engine preview --stack a b [sandbox]\n"


def test_a_cli_on_the_path_comes_first(place: Place) -> None:
    place.put_cli()
    done = place.run("preview", "--stack", "a b")
    assert done.stdout == "cli preview --stack a b [sandbox]\n"
    assert (place.root / ".sandbox" / "state").is_dir()


def test_the_engine_can_be_forced(place: Place) -> None:
    place.put_cli()
    assert place.run("up", PULUMI_EMBEDDED="1").stdout.startswith("embedded ")
    assert not (place.root / ".sandbox").exists()


def test_a_cli_can_be_named(place: Place, tmp_path: Path) -> None:
    named = place.put_cli(folder=tmp_path / "else where")
    assert place.run("up", PULUMI_CLI=str(named)).stdout == "cli up [sandbox]\n"


def test_a_named_cli_that_is_none_is_an_error(place: Place) -> None:
    done = place.run("up", PULUMI_CLI="/nowhere/pulumi")
    assert done.returncode == 1
    assert "PULUMI_CLI is /nowhere/pulumi, which is no Pulumi CLI" in done.stderr


def test_launchers_never_call_each_other(place: Place) -> None:
    other = place.root.parent / "other"
    (other / "engine").mkdir(parents=True)
    shutil.copy(LAUNCHER, other / "engine" / "pulumi")
    (place.bin / "pulumi").symlink_to(other / "engine" / "pulumi")
    assert place.run("up").stdout.startswith(f"embedded {place.root}/engine")


def test_a_cli_behind_another_launcher_is_found(place: Place, tmp_path: Path) -> None:
    shutil.copy(LAUNCHER, place.bin / "pulumi")
    place.put_cli(folder=tmp_path / "later")
    path = f"{place.bin}::{tmp_path / 'later'}:/usr/bin:/bin"
    assert place.run("up", PATH=path).stdout == "cli up [sandbox]\n"


def test_an_old_cli_is_refused_with_the_version_that_is_wanted(place: Place) -> None:
    place.put_cli("v3.99.0")
    done = place.run("up")
    assert done.returncode == 1
    assert "is Pulumi 3.99.0, and this project's provider wants 3.148.0 or newer" in done.stderr


@pytest.mark.parametrize("version", ["v3.148.0", "v3.148.1-alpha.1", "v4.0.0", "v3.1000.0", ""])
def test_a_new_or_unnamed_version_is_accepted(place: Place, version: str) -> None:
    place.put_cli(version)
    assert place.run("up").stdout.startswith("cli ")


@pytest.mark.parametrize(
    ("environment", "shown"),
    [
        ({"PULUMI_CONFIG_PASSPHRASE": "own"}, "own"),
        ({"PULUMI_CONFIG_PASSPHRASE": ""}, ""),
        ({"PULUMI_CONFIG_PASSPHRASE_FILE": "/some/file"}, "unset"),
        ({"PULUMI_BACKEND_URL": "file:///srv/state"}, "unset"),
    ],
)
def test_a_passphrase_is_supplied_for_the_sandbox_alone(
    place: Place, environment: dict[str, str], shown: str
) -> None:
    assert place.run("up", **environment).stdout.endswith(f"[{shown}]\n")


def test_another_backend_gets_no_passphrase(place: Place) -> None:
    (place.root / "Pulumi.yaml").write_text(HOSTED_YAML)
    assert place.run("up").stdout.endswith("[unset]\n")
