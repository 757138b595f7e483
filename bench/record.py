"""How results are kept: in `bench/results/`, each with its command and the machine."""

from __future__ import annotations

import json
import os
import platform
import sys
import time
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "bench" / "results"


def machine() -> dict[str, object]:
    """What the figures are measured on, from now on."""
    return {
        "system": platform.platform(),
        "python": platform.python_version(),
        "processors": os.cpu_count(),
        "load before": os.getloadavg()[0],
        "date": time.strftime("%Y-%m-%d"),
    }


def command(bench: str) -> str:
    """What was typed."""
    return " ".join([f"python -m bench.{bench}", *sys.argv[1:]])


def header(bench: str) -> dict[str, object]:
    """The first line of results that have a line for each record."""
    return {"command": command(bench), **machine()}


def keep(bench: str, before: Mapping[str, object], figures: Mapping[str, object], name: str = "") -> str:
    """Write figures to `bench/results/<name>.json`, or <bench>.json, with the machine as it was; the text."""
    document = {"command": command(bench), "machine": before, **figures}
    text = json.dumps(document, indent=1, ensure_ascii=False) + "\n"
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name or bench}.json").write_text(text, "utf-8")
    return text
