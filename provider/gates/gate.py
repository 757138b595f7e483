"""Gates: lists of checks that must hold before a target has completed a step."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import msgspec

from provider.differences import Difference, differences, join
from provider.errors import ProviderError
from provider.gates.sight import Sight
from provider.postgres import own
from provider.postgres.session import Session
from provider.schema.rollout import Check, Gate

Runner = Callable[[Check], str | None]
"""Tries a check, and tells what was seen and what was wanted where they differ."""

CHANGED = "changed"


class GateKind:
    """Runs all of its checks, and records the target's new level if each of them holds."""

    shape = Gate

    def __init__(self, session: Session, sight: Sight, runners: Mapping[str, Runner]) -> None:
        self._session = session
        self._sight = sight
        self._runners = runners

    def check(self, wanted: Gate) -> Gate:
        """Any gate can be declared."""
        return wanted

    def diff(self, live: Gate, wanted: Gate) -> list[Difference]:
        """Why the checks must run: what they verify or they themselves changed, or the target moves.

        One that was imported has verified nothing and is taken for passed: only a move makes it run.
        """
        moves = wanted.passage not in {None, live.passage}
        moved = [Difference("passage", "update")] if moves else []
        if not live.subject:
            return moved
        changed = [
            Difference(join("seen", part), "update") for part, was in live.seen.items() if was == CHANGED
        ]
        return [*moved, *differences(_verified(live), _verified(wanted)), *changed]

    def read(self, identifier: str, known: Gate | None) -> Gate:
        """A gate stays passed, whatever a refresh finds; what it finds changed is told until it runs again.

        The mark stays in the state: an update that is killed after it has mended an object, and before this
        gate has run, would else leave nothing by which to tell.
        """
        if known is None:
            return Gate(name=identifier)
        now = self._sight.of(known.subject)
        seen = {part: was if now.get(part, "") == was else CHANGED for part, was in known.seen.items()}
        return msgspec.structs.replace(known, seen=seen)

    def create(self, wanted: Gate) -> Gate:
        """Run every check; one that fails refuses the step."""
        if failed := [line(check, told) for check, told in self.tried(wanted) if told]:
            lines = "\n".join(f"  {each}" for each in failed)
            raise ProviderError(
                f"{wanted.name} is not complete, {len(failed)} of {len(wanted.checks)} items failed:\n"
                f"{lines}\ncorrect it and run the same command again, or go back with `{wanted.back}`"
            )
        if wanted.passage is not None:
            own.record(self._session, wanted.name, wanted.level)
        return msgspec.structs.replace(wanted, seen=self._sight.of(wanted.subject))

    def update(self, live: Gate, wanted: Gate) -> Gate:
        """The same as to create."""
        return self.create(wanted)

    def delete(self, live: Gate, scratch: bool) -> None:
        """Forget: the gate of the step that is gone back to records the new level."""

    def tried(self, gate: Gate) -> Iterator[tuple[Check, str | None]]:
        """Each check with what was seen and what was wanted, or None where it holds."""
        for check in gate.checks:
            yield check, self._runners[check.kind](check)


def line(check: Check, told: str | None) -> str:
    """A check's result, for people."""
    return f"{check.id} (section {check.section}) {check.item}{': ' if told else ''}{told or ''}"


def _verified(gate: Gate) -> dict[str, object]:
    data = gate.wire()
    return {"checks": {each["id"]: each for each in data.get("checks", [])}, "subject": gate.subject}
