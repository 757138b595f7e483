"""What a rehearsal is held on: a scratch database, and a folder whose stack knows no other."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from components import audit
from operations.backup import tools
from operations.errors import OperationError
from operations.pulumi import COMMAND
from sandbox import databases, installation, lifecycle
from sandbox.cluster import Cluster
from sandbox.databases import Target
from settings import PROVIDER

ROOT = Path(__file__).resolve().parent.parent.parent
WITHOUT = (
    *(f"{PROVIDER}:{key}" for key in ("target", "databaseUrl", "databaseCa", "accessToken", "stripeKey")),
    *(f"{PROVIDER}:{key}" for key in ("jwtSecret", "lergApiKey", "sessionSecret")),
    "voip-accelerator-infra:phase",
    "voip-accelerator-infra:backupFolder",
    "voip-accelerator-infra:updateWindow",
)
"""What of a stack's config leads to its own target, or was meant for it alone."""
CODE = (
    *("Pulumi.yaml", "__main__.py", "settings.py"),
    *(
        "components",
        "resources",
        "provider",
        "operations",
        "comparison",
        "sandbox",
        "sql",
        "functions",
        "engine",
    ),
)
"""What an update runs. Not what it writes: the copy's backups must not drive out those of the real thing."""


@dataclass(frozen=True)
class Scratch:
    """A copy of an environment, and the folder from which it is updated."""

    cluster: Cluster
    target: Target
    folder: Path
    stack: str

    def pulumi(self, *words: str) -> subprocess.CompletedProcess[str]:
        """A Pulumi command on the copy; whether it is well is for the caller to say."""
        return self._run([str(COMMAND), "--non-interactive", *words, "--stack", self.stack])

    def operations(self, *words: str) -> subprocess.CompletedProcess[str]:
        """One of the project's own commands on the copy."""
        return self._run([sys.executable, "-m", "operations", *words, "--stack", self.stack])

    def _run(self, command: list[str]) -> subprocess.CompletedProcess[str]:
        kept = {key: value for key, value in os.environ.items() if key != "PULUMI_BACKEND_URL"}
        return subprocess.run(
            command,
            cwd=self.folder,
            env={**kept, "PULUMI_HOME": str(self.folder / "home"), "PULUMI_SKIP_UPDATE_CHECK": "true"},
            capture_output=True,
            text=True,
            check=False,
        )


@contextmanager
def scratch(stack: str, environment: str, dump: Path | None) -> Iterator[Scratch]:
    """A copy of an environment as it was found, or of what a dump holds; gone again at the end."""
    cluster = lifecycle.running()
    # Whoever finds one that was left behind can tell by whom.
    ref = f"rehearsal_{os.getpid()}_{secrets.token_hex(6)}"
    target = (
        databases.restored(cluster, environment, ref, lambda url: _restore(url, dump))
        if dump
        else databases.copy(cluster, environment, ref, from_seed=True)
    )
    try:
        with tempfile.TemporaryDirectory(prefix="rehearsal ") as folder:
            yield Scratch(cluster, target, _project(Path(folder), stack, target), stack)
    finally:
        databases.drop(cluster, ref)


def _restore(url: str, dump: Path) -> None:
    """Roles and extensions that the sandbox lacks are left out, as what is rehearsed needs none of them."""
    if not dump.is_file():
        raise OperationError(f"there is no dump {dump}; take one with `python -m operations backup`")
    if told := tools.load(installation.programs(), url, dump):
        raise OperationError(f"{dump} can't be restored: {told}; take another dump, then rehearse again")


def _project(folder: Path, stack: str, target: Target) -> Path:
    for name in CODE:
        (folder / name).symlink_to(ROOT / name)
    if audit.REPORT.exists():
        shutil.copy(audit.REPORT, folder)  # without it, nothing is dropped that the stack consents to
    (folder / ".venv").symlink_to(sys.prefix)
    (folder / ".sandbox" / "state").mkdir(parents=True)
    (folder / ".sandbox" / "targets.json").write_text(json.dumps({target.ref: target.entry()}), "utf-8")
    config = yaml.safe_load(Path(f"Pulumi.{stack}.yaml").read_text("utf-8"))
    config["config"] = _own(config.get("config") or {}, target)
    (folder / f"Pulumi.{stack}.yaml").write_text(yaml.safe_dump(config), "utf-8")
    return folder


def _own(config: Mapping[str, Any], target: Target) -> dict[str, Any]:
    kept = {key: value for key, value in config.items() if key not in WITHOUT}
    return {**kept, f"{PROVIDER}:projectRef": target.ref}
