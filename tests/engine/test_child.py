"""What a child does before it is told its task."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from engine.children import CHILD

GUARDED = """
import sys
print("imported as", __name__)
if __name__ == "__main__":
    print("serves", *sys.argv[1:])
"""
UNGUARDED = """
import sys
print("serves", *sys.argv[1:])
"""


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (GUARDED, ["imported as __ahead__", "imported as __main__", "serves address"]),
        (UNGUARDED, ["serves address"]),
    ],
    ids=["guarded", "unguarded"],
)
def test_a_provider_is_imported_ahead_if_it_does_not_serve_then(
    tmp_path: Path, text: str, told: list[str]
) -> None:
    (tmp_path / "__main__.py").write_text(text, "utf-8")
    task = {"arguments": ["address"], "environment": {}, "cwd": str(tmp_path)}
    command = [sys.executable, str(CHILD), "provider", str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdin
        assert child.stdout
        child.stdin.write(json.dumps(task) + "\n")
        child.stdin.flush()  # and not closed, which would end the child
        assert child.stdout.read().splitlines() == told
