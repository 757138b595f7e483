"""Where and as what a run's children work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from engine.children import Nursery


@dataclass(frozen=True)
class Workspace:
    root: Path
    project: str
    program: Path
    """The folder that holds the program's `__main__.py`."""
    plugin_paths: Mapping[str, Path]
    runtime_options: Mapping[str, str]
    nursery: Nursery
