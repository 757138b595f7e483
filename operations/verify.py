"""Try the verification lists of a stack's phases, at any time."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from components.gates import gates
from components.rollout import declarations
from components.steps import Progress
from operations.errors import OperationError
from operations.pulumi import stack_config
from operations.target import completed, live
from provider.gates.gate import GateKind, line
from provider.plane import Planes
from provider.schema.rollout import Gate
from settings import LAST_PHASE, Settings, load_settings


def options(parser: argparse.ArgumentParser) -> None:
    """Of its command line."""
    parser.add_argument("--stack", required=True)
    parser.add_argument("--phase", type=int, choices=range(LAST_PHASE + 1))
    parser.set_defaults(run=lambda options: verify(options.stack, options.phase))


def verify(stack: str, phase: int | None) -> str:
    """The results of all completed phases or of one, item by item; refused where an item does not hold."""
    settings = load_settings(config := stack_config(stack))
    with live(config) as planes:
        chosen = [gate for gate in _completed(settings, planes, stack) if phase in {None, gate.level}]
        if not chosen:
            raise OperationError(f"{stack} has not completed phase {phase}; take its step first")
        results = list(_results(planes, chosen))
    told = "\n".join(f"{'failed' if failed else 'holds '}  {text}" for failed, text in results)
    if failed := sum(failed for failed, _ in results):
        raise OperationError(f"{failed} of {len(results)} items do not hold\n{told}")
    return f"{told}\nAll {len(results)} items hold."


def _completed(settings: Settings, planes: Planes, stack: str) -> Iterator[Gate]:
    reached = completed(settings, planes)
    progress = Progress(reached.phase, planes.passages().number)
    return gates(reached, list(declarations(reached)), progress, stack)


def _results(planes: Planes, chosen: list[Gate]) -> Iterator[tuple[bool, str]]:
    kind = planes.kinds[Gate.token]
    assert isinstance(kind, GateKind)
    for gate in chosen:
        yield from ((told is not None, line(check, told)) for check, told in kind.tried(gate))
