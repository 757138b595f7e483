"""Which Deno serves the functions."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

OVERRIDE = "SANDBOX_DENO"


def find() -> Path | None:
    """The Deno named by SANDBOX_DENO, else this environment's, else the one on the PATH; None without one."""
    own = Path(sys.prefix) / "bin" / "deno"
    named = os.environ.get(OVERRIDE) or (own if own.exists() else shutil.which("deno"))
    return Path(named) if named else None
