"""`python engine ...`: the embedded engine's command line."""

from __future__ import annotations

import gc
import sys
from pathlib import Path

# A folder that is run becomes the first place to look for modules; the root must stand there instead.
sys.path[0] = str(Path(__file__).resolve().parent.parent)

from engine.cli.main import main  # noqa: E402  after the path is right

if __name__ == "__main__":
    # A run makes many objects and hardly any garbage, which Python would look for all along and at the end.
    gc.set_threshold(50_000)
    code = main(sys.argv[1:])
    gc.freeze()
    sys.exit(code)
