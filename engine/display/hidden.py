"""Differences that the program wants kept out of sight (`hideDiffs`); that there are some is still told."""

from __future__ import annotations

import copy

from engine import paths
from engine.deployment.steps import Step
from engine.values import Properties


def is_hidden_path(step: Step, path: str) -> bool:
    """Whether a path that differs lies at or below a hidden one."""
    return any(paths.covers(paths.parse(hidden), paths.parse(path)) for hidden in _hidden(step))


def without_hidden(step: Step, olds: Properties, news: Properties) -> tuple[Properties, list[str]]:
    """The new properties with all hidden paths as they were, and those paths that differed."""
    shown, differing = copy.deepcopy(news), []
    for path in _hidden(step):
        before = copy.deepcopy(shown)
        paths.reset(shown, olds, paths.parse(path))
        if shown != before:
            differing.append(path)
    return shown, sorted(differing)


def _hidden(step: Step) -> list[str]:
    found: list[str] = step.row.extra.get("hideDiff") or []
    return found
