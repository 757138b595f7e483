"""`python engine ...`: the embedded engine's command line."""

from __future__ import annotations

import sys
from pathlib import Path

# A folder that is run becomes the first place to look for modules; the root must stand there instead.
sys.path[0] = str(Path(__file__).resolve().parent.parent)

from engine.cli.main import main  # noqa: E402  after the path is right

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
