"""A copy of the project for one test: its own state, its own target, the same code."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from components.audit import DROPS
from sandbox.databases import Target
from tests import forked

ROOT = Path(__file__).resolve().parent.parent
CODE = (
    "__main__.py",
    "settings.py",
    "components",
    "resources",
    "provider",
    "comparison",
    "operations",
    "sandbox",
    "sql",
    "engine",
    "functions",
)
STACKS = ("production", "staging")
_TIMEOUT = 300
PULUMI = (str(Path(sys.prefix) / "bin" / "pulumi"), "--non-interactive")


@dataclass(frozen=True)
class Run:
    """What one command printed, and how it ended."""

    code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        return self.out + self.err


@dataclass(frozen=True)
class Project:
    """A project folder whose stacks point at scratch databases."""

    root: Path

    def pulumi(self, *arguments: str, **environment: str) -> Run:
        """Run a Pulumi command without a terminal."""
        if environment or not is_embedded():
            return self._run([*PULUMI, *arguments], environment)
        sandboxed = {**self._environment(), "PULUMI_CONFIG_PASSPHRASE": "sandbox"}
        return Run(*forked.run([*PULUMI[1:], *arguments], sandboxed, self.root, _TIMEOUT))

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a Pulumi command, for who has something to do while it runs."""
        return subprocess.Popen(
            [*PULUMI, *arguments],
            cwd=self.root,
            env=self._environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def operations(self, *arguments: str, **environment: str) -> Run:
        """Run one of the project's own commands."""
        return self._run([sys.executable, "-m", "operations", *arguments], environment)

    def adopt(self, stack: str) -> None:
        """Adopt a stack, which must succeed."""
        run = self.operations("adopt", "--stack", stack)
        assert run.code == 0, run.text

    def preview(self, stack: str, *arguments: str) -> dict[str, Any]:
        """The digest of a preview, which must succeed."""
        run = self.pulumi("preview", "--stack", stack, "--json", *arguments)
        assert run.code == 0, run.text
        digest: dict[str, Any] = json.loads(run.out)
        return digest

    def step(self, stack: str, phase: int) -> Run:
        """Take one step of the rollout, as a person types it."""
        self.set(stack, "phase", str(phase))
        return self.pulumi("up", "--stack", stack, "--yes", "--skip-preview")

    def walk(self, stack: str, phases: Iterable[int]) -> None:
        """Take steps one after the other, each of which must succeed."""
        for phase in phases:
            run = self.step(stack, phase)
            assert run.code == 0, run.text

    def settled(self, stack: str) -> None:
        """See to it that nothing is left to do."""
        run = self.pulumi("preview", "--stack", stack, "--expect-no-changes")
        assert run.code == 0, run.text

    def set(self, stack: str, key: str, value: str, *, secret: bool = False) -> None:
        """Change the stack's config, which must succeed."""
        kind = "--secret" if secret else "--plaintext"
        run = self.pulumi("config", "set", "--stack", stack, kind, key, value)
        assert run.code == 0, run.text

    def consent(self, stack: str) -> None:
        """Let all be dropped that a stack can consent to, of an application that uses none of it."""
        application = self.root / "application"
        application.mkdir()
        (application / "index.ts").write_text("export {}\n", "utf-8")
        run = self.operations("audit", "application")
        assert run.code == 0, run.text
        for drop in DROPS:
            self.set(stack, drop.consent, "true")

    def state(self, stack: str) -> bytes:
        """The stack's state file."""
        return self.state_file(stack).read_bytes()

    def state_file(self, stack: str) -> Path:
        """Where the stack's state file lies."""
        folder = self.root / ".sandbox" / "state" / ".pulumi" / "stacks" / "voip-accelerator-infra"
        return folder / f"{stack}.json"

    def point(self, stack: str, target: Target) -> None:
        """Let a stack's project reference be that of a scratch database."""
        file = self.root / f"Pulumi.{stack}.yaml"
        text = re.sub(r"voip:projectRef: .*", f"voip:projectRef: {target.ref}", file.read_text("utf-8"))
        file.write_text(text, "utf-8")
        self.publish(target)

    def publish(self, target: Target) -> None:
        """Tell the project how to reach a scratch database."""
        file = self.root / ".sandbox" / "targets.json"
        known = json.loads(file.read_text("utf-8")) if file.exists() else {}
        known[target.ref] = target.entry()
        file.write_text(json.dumps(known), "utf-8")

    def _run(self, command: list[str], environment: dict[str, str]) -> Run:
        done = subprocess.run(
            command,
            cwd=self.root,
            env={**self._environment(), **environment},
            capture_output=True,
            text=True,
            timeout=_TIMEOUT,
            check=False,
        )
        return Run(done.returncode, done.stdout, done.stderr)

    def _environment(self) -> dict[str, str]:
        inherited = {key: value for key, value in os.environ.items() if not key.startswith("PULUMI_")}
        return {**inherited, "PULUMI_HOME": str(self.root / ".home"), "PULUMI_SKIP_UPDATE_CHECK": "true"}


@cache
def engine_version() -> str:
    """What `pulumi version` tells here: of the embedded engine, or of a CLI that is at hand."""
    told = subprocess.run([*PULUMI, "version"], capture_output=True, text=True, check=True)
    return told.stdout.strip()


def is_embedded() -> bool:
    """Whether `pulumi` is the embedded engine here."""
    return "embedded" in engine_version()


def project_at(root: Path) -> Project:
    """A copy of the project in a new folder, with no target yet."""
    (root / ".sandbox" / "state").mkdir(parents=True)
    for name in CODE:
        (root / name).symlink_to(ROOT / name)
    (root / ".venv").symlink_to(sys.prefix)
    for name in ("Pulumi.yaml", *(f"Pulumi.{stack}.yaml" for stack in STACKS)):
        shutil.copy(ROOT / name, root / name)
    return Project(root)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A copy of the project in a path with a space, with no target yet."""
    return project_at(tmp_path / "a project")
