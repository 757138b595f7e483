"""The ways in which the stand-in can be told to fail."""

from __future__ import annotations

import random
from collections import Counter
from typing import Literal

import msgspec


class Fault(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One way to fail, and when."""

    kind: Literal["status", "timeout", "cut"] = "status"
    """An answer that is an error, none at all, or one that breaks off in its middle."""
    status: int = 500
    retry_after: int | None = None
    endpoint: str | None = None
    """As the log of requests calls it, e.g. `POST functions/deploy`; any, where it isn't given."""
    times: int | None = None
    probability: float = 1.0
    applied: bool = False
    """Whether what was asked for is done all the same, and only its answer lost."""

    @property
    def name(self) -> str:
        """What it is, for who counts."""
        what = str(self.status) if self.kind == "status" else self.kind
        return f"{what}, applied" if self.applied else what


class Plan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is to go wrong; the first fault that fits a request is taken."""

    faults: list[Fault] = []
    seed: int = 0


class Failing:
    """Decides which of a project's requests fail."""

    def __init__(self, plan: Plan) -> None:
        self._left: list[tuple[Fault, int | None]] = [(fault, fault.times) for fault in plan.faults]
        self.made = Counter[str]()
        self._random = random.Random(plan.seed)  # noqa: S311  to be repeated, not to be secret

    def take(self, endpoint: str) -> Fault | None:
        """The fault that meets a request, if one does."""
        for place, (fault, left) in enumerate(self._left):
            if left == 0 or fault.endpoint not in (None, endpoint):
                continue
            if self._random.random() < fault.probability:
                self._left[place] = (fault, None if left is None else left - 1)
                self.made[fault.name] += 1
                return fault
        return None
