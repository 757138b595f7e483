"""The edge functions' own tests, each folder's on a database of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.cluster import Cluster
from tests.fix_sandbox import as_found

ROOT = Path(__file__).resolve().parent.parent.parent
FUNCTIONS = ROOT / "functions"
DENO = Path(sys.prefix) / "bin" / "deno"

# They work on the simple table, which only production has.
LEGACY = {"add-lerg-record", "get-lerg-data"}


def suites() -> list[str]:
    """Each folder that has tests, and each file of tests beside them."""
    folders = {path.parent.name for path in FUNCTIONS.glob("*/*_test.ts")}
    return sorted(folders | {path.name for path in FUNCTIONS.glob("*_test.ts")})


def deno_test(suite: str, database_url: str) -> subprocess.CompletedProcess[str]:
    inherited = {key: os.environ[key] for key in ("PATH", "HOME", "DENO_DIR") if key in os.environ}
    rights = ("--no-prompt", "--allow-env", "--allow-read", "--allow-net=127.0.0.1")
    return subprocess.run(
        # Types are checked by `make check`.
        [DENO, "test", "--no-check", "--frozen", *rights, suite],
        cwd=FUNCTIONS,
        env={**inherited, "SUPABASE_DB_URL": database_url, "NO_COLOR": "1", "DENO_NO_UPDATE_CHECK": "1"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.mark.parametrize("suite", suites())
def test_suite(sandbox_cluster: Cluster, suite: str) -> None:
    with as_found(sandbox_cluster, "production" if suite in LEGACY else "staging") as target:
        run = deno_test(suite, target.database_url)
    assert run.returncode == 0, run.stdout + run.stderr
    assert " 0 passed" not in run.stdout, run.stdout


def test_every_function_is_tested() -> None:
    folders = {path.parent.name for path in FUNCTIONS.glob("*/index.ts")}
    assert folders, "there are no functions"
    assert folders == {path.parent.name for path in FUNCTIONS.glob("*/handler.ts")}
    assert folders <= set(suites()), f"no handler_test.ts in {folders - set(suites())}"
