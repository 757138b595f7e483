"""Every statement that an update would run, with its locks and hazards, as a script for people to read."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence

from components.declaration import key_of
from components.domain import retirements
from components.rollout import DOMAINS, declarations
from operations.pulumi import stack_config
from operations.target import live
from provider.plane import Planes
from provider.postgres.statement import Statement, Transaction, Work, strongest, transactions
from provider.registry import Planned
from provider.schema.shape import Shape
from settings import Settings, load_settings

Steps = tuple[str, Sequence[Statement]]
"""What a resource's change consists of: its key, and its statements."""

_WORK = {Work.SCAN: "reads every row", Work.REWRITE: "writes every row"}


def options(parser: argparse.ArgumentParser) -> None:
    """Of its command line."""
    parser.add_argument("--stack", required=True)
    parser.set_defaults(run=lambda options: plan(options.stack))


def plan(stack: str) -> str:
    """The script for a stack's target; nothing is written to it."""
    settings = load_settings(config := stack_config(stack))
    with live(config) as planes:
        return script(list(steps(settings, planes)))


def steps(settings: Settings, planes: Planes) -> Iterator[Steps]:
    """The statements for each object that an update would change, in the program's order."""
    for shape in registered(settings):
        kind = planes.kinds[shape.token]
        if isinstance(kind, Planned) and (statements := kind.plan(kind.check(shape))):
            yield key_of(shape), statements


def registered(settings: Settings) -> Iterator[Shape]:
    """All that the program registers at its phase: what exists, and then what is retired."""
    declared = list(declarations(settings))
    yield from (shape for _, declaration in declared if (shape := declaration.at(settings.phase)))
    for domain in reversed(DOMAINS):
        own = [declaration for of, declaration in declared if of is domain]
        yield from retirements(domain.name, own, settings.phase)


def script(planned: Sequence[Steps]) -> str:
    """Statements as SQL, each with a comment on what it means for users, below what they are for."""
    if not planned:
        return "-- Nothing to do."
    statements = [statement for _, each in planned for statement in each]
    locks = ", ".join(f"{lock} on {name}" for name, lock in sorted(strongest(statements).items()))
    head = (
        f"-- {len(statements)} statements for {len(planned)} objects. The strongest locks: {locks or 'none'}."
    )
    return "\n".join([head, *(line for key, each in planned for line in _section(key, each))])


def _section(key: str, statements: Sequence[Statement]) -> Iterator[str]:
    yield f"\n-- {key.removeprefix('voip:postgres:')}"
    for group in transactions(statements):
        together = group[0].transaction is not Transaction.NONE
        yield from ["BEGIN;"] if together else []
        for statement in group:
            if hazard := _hazard(statement):
                yield f"-- {hazard}"
            yield f"{statement.text.as_string().strip()};"
        yield from ["COMMIT;"] if together else []


def _hazard(statement: Statement) -> str:
    parts = [f"{lock} on {relation}" for relation, lock in statement.locks.items()]
    if statement.work in _WORK:
        parts.append(_WORK[statement.work])
    if statement.loses:
        parts.append(f"takes away {statement.loses}")
    return "; ".join(parts)
