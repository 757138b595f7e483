"""Pulumi, as the commands use it: the CLI or the embedded engine, whichever the virtual environment runs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from operations.errors import OperationError

COMMAND = Path(sys.prefix) / "bin" / "pulumi"


def pulumi(*arguments: str) -> str:
    """What a Pulumi command prints; one that fails is refused with what it said."""
    done = subprocess.run(
        [COMMAND, "--non-interactive", *arguments],
        env={**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise OperationError(f"`pulumi {arguments[0]}` failed: {(done.stderr or done.stdout).strip()}")
    return done.stdout


def require_stack_file(stack: str) -> None:
    """Refuse a stack that has no config of its own: Pulumi would make one, or show the project's alone."""
    known = sorted(path.name.split(".")[1] for path in Path().glob("Pulumi.*.yaml"))
    if stack not in known:
        raise OperationError(
            f"there is no Pulumi.{stack}.yaml; use one of {', '.join(known)}, or write that file first"
        )


def stack_config(stack: str) -> dict[str, str]:
    """A stack's whole config in plain text, keys as `namespace:key`."""
    require_stack_file(stack)
    shown = json.loads(pulumi("config", "--stack", stack, "--json", "--show-secrets"))
    return {key: str(entry["value"]) for key, entry in shown.items()}
