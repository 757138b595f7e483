"""What must hold before a phase is complete."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence

import pulumi

from components.checks import items, tried
from components.domain import Registered
from components.rollout import PHASES, Placed
from components.steps import Progress, command
from provider.schema.rollout import Check, Gate
from resources.declared import Declared
from settings import CONFIRMED, Confirmation, Settings


class Rollout(pulumi.ComponentResource):
    """The gates of all phases so far, one after the other, each after all that it verifies."""

    name = "rollout"

    def __init__(
        self,
        settings: Settings,
        declared: Sequence[Placed],
        registered: Registered,
        progress: Progress,
        backups: Sequence[pulumi.Resource] = (),
    ) -> None:
        super().__init__(f"voip:components:{type(self).__name__}", self.name)
        needed: list[pulumi.Resource] = [*backups, *registered.values()]
        for gate in gates(settings, declared, progress, pulumi.get_stack()):
            # The first one stands after everything, and each of the others after it.
            needed = [Declared(gate, pulumi.ResourceOptions(parent=self, depends_on=needed))]
        self.register_outputs({})


def gates(settings: Settings, declared: Sequence[Placed], progress: Progress, stack: str) -> Iterator[Gate]:
    """The gates up to the settings' phase; only the last one can move the target."""
    for phase in PHASES[: settings.phase + 1]:
        number = phase.number
        yield Gate(
            name=gate_name(number),
            level=number,
            passage=progress.passages + 1 if number == settings.phase != progress.completed else None,
            checks=[*tried(number, settings.phase), *_asked(number, settings, stack)],
            subject=dict(_subject(number, settings.phase, declared)),
            back=command(max(number - 1, 0), stack),
        )


def gate_name(phase: int) -> str:
    """The gate at the end of a phase."""
    return f"phase {phase}"


def _subject(number: int, at: int, declared: Sequence[Placed]) -> Iterator[tuple[str, str]]:
    """What a phase brings, changes or retires, as it is declared at another phase."""
    for _, declaration in declared:
        if number in declaration.versions or declaration.until == number:
            shape = declaration.at(at)
            yield declaration.key, _digest(shape.wire()) if shape else "absent"


def _digest(data: Mapping[str, object]) -> str:
    return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()[:12]


def _asked(number: int, settings: Settings, stack: str) -> Iterator[Check]:
    """What people must have seen. Nobody uses a sandbox, so there it counts once somebody has told it."""
    for item in items(number):
        confirmed = _told(settings.confirmed.get(item.id))
        if item.person and (settings.hosted or confirmed):
            yield Check(
                id=item.id,
                item=item.item,
                section=item.section,
                kind="person",
                confirmed=confirmed,
                ask=f"pulumi config set {CONFIRMED}:{item.id} 'NAME, YYYY-MM-DD' --stack {stack}",
            )


def confirmations(settings: Settings) -> dict[str, str]:
    """What only people can tell, up to the settings' phase: who told it and when, or that it is open."""
    asked = {item.id: item for phase in PHASES for item in items(phase.number) if item.person}
    if unknown := settings.confirmed.keys() - asked.keys():
        raise pulumi.RunError(
            f"{CONFIRMED}:{min(unknown)} is no item that a person confirms; those are {', '.join(asked)}"
        )
    return {
        name: _told(settings.confirmed.get(name)) or f"open: {item.person}"
        for name, item in asked.items()
        if int(name.partition(".")[0]) <= settings.phase
    }


def _told(confirmation: Confirmation | None) -> str | None:
    return f"{confirmation.who}, {confirmation.when}" if confirmation else None
