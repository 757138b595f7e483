"""What a rehearsal showed: as data, of which the text and the page are made."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from operations.rehearsal.rows import Change
from operations.rehearsal.statements import Sent
from operations.rehearsal.users import Call
from operations.rehearsal.watch import Hold
from provider.postgres.statement import Lock

BUCKET_SECONDS = 0.5
SLOWEST = 10
"""How many statements are told."""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One phase as it was walked."""

    phase: int
    title: str
    at: float
    """Seconds since the rehearsal began."""
    seconds: float
    problem: str = ""
    """What the update said where it failed: a gate that did not hold, or a change that was refused."""
    longest: float = 0.0
    """The longest that a user's statement took while the phase was walked, in seconds."""
    failed: int = 0
    """How many users' statements failed in that time."""
    rows: Mapping[str, int]
    """By table, when it was done."""


class Calls(msgspec.Struct, frozen=True, kw_only=True):
    """All statements of one kind that users sent."""

    kind: str
    count: int
    failed: int
    median: float
    p99: float
    longest: float


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of lock on one table, over all phases."""

    table: str
    lock: str
    blocks: bool
    """Whether somebody who writes must wait behind it."""
    times: int
    longest: float


class Slow(msgspec.Struct, frozen=True, kw_only=True):
    """One of the statements that took the longest."""

    seconds: float
    text: str


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """A whole rehearsal."""

    environment: str
    source: str
    began: str
    """In UTC."""
    seconds: float
    rate: float
    """Users' statements a second that were wanted."""
    reached_rate: float
    """And how many there were."""
    rows: Mapping[str, int]
    """By table, before."""
    steps: Sequence[Step]
    calls: Sequence[Calls]
    waits: Sequence[float]
    """The longest that a user's statement took, in seconds, of those that began in each half second."""
    problems: Mapping[str, int]
    """Each way in which a user's statement failed, and how often."""
    locks: Sequence[Held]
    slowest: Sequence[Slow]
    changes: Sequence[Change]
    again: str = ""
    """What a second preview of the last phase still showed; empty where it showed nothing."""

    @property
    def well(self) -> bool:
        """Whether a team can go ahead."""
        failed = any(step.problem for step in self.steps) or self.problems or self.again
        return not failed and all(change.declared for change in self.changes)

    @property
    def longest(self) -> float:
        """The longest that any user waited, in seconds."""
        return max((each.longest for each in self.calls), default=0.0)


def waits(calls: Iterable[Call], seconds: float) -> list[float]:
    """The longest call of each half second."""
    longest = [0.0] * (int(seconds / BUCKET_SECONDS) + 1)
    for call in calls:
        place = min(int(call.at / BUCKET_SECONDS), len(longest) - 1)
        longest[place] = max(longest[place], call.seconds)
    return longest


def within(calls: Iterable[Call], begin: float, end: float) -> list[Call]:
    """The calls that were under way in a span of time."""
    return [call for call in calls if call.at < end and call.at + call.seconds > begin]


def summed(calls: Iterable[Call]) -> Iterator[Calls]:
    """By kind."""
    kinds = defaultdict[str, list[Call]](list)
    for call in calls:
        kinds[call.kind].append(call)
    for kind, all_of in sorted(kinds.items()):
        took = sorted(call.seconds for call in all_of)
        yield Calls(
            kind=kind,
            count=len(took),
            failed=sum(bool(call.problem) for call in all_of),
            median=statistics.median(took),
            p99=took[min(len(took) - 1, int(len(took) * 0.99))],
            longest=took[-1],
        )


def held(holds: Iterable[Hold]) -> list[Held]:
    """By table and lock, the strongest first."""
    both = defaultdict[tuple[str, Lock], list[float]](list)
    for hold in holds:
        both[hold.relation, hold.lock].append(hold.seconds)
    strongest = sorted(both.items(), key=lambda item: (-item[0][1], -max(item[1]), item[0][0]))
    return [
        Held(
            table=table,
            lock=str(lock),
            blocks=lock > Lock.SHARE_UPDATE_EXCLUSIVE,
            times=len(took),
            longest=max(took),
        )
        for (table, lock), took in strongest
    ]


def slowest(sent: Iterable[Sent]) -> list[Slow]:
    """The statements that took the longest, the slowest first."""
    ordered = sorted(sent, key=lambda each: -each.seconds)
    return [Slow(seconds=each.seconds, text=each.text) for each in ordered[:SLOWEST]]
