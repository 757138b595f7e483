"""The shape of what stands between one step of a rollout and the next."""

from __future__ import annotations

from typing import ClassVar, Literal

import msgspec

from provider.schema.shape import Part, Shape

Value = str | int | float | bool | None


class Step(Part, frozen=True, kw_only=True):
    """One statement of a check, and what must come of it; without any expectation, that it runs."""

    sql: str
    role: str | None = None
    """Whom it runs as, as the API does for a request; without one as the owner."""
    claims: str | None = None
    """The request's token, as JSON."""
    rows: list[list[Value]] | None = None
    """All that it returns, in order; what has no form in JSON as text."""
    changes: int | None = None
    """How many rows it touches."""
    refused: str | None = None
    """The SQLSTATE with which Postgres must refuse it."""
    uses: str | None = None
    """In place of running it: the index that its plan must use where it may not read the whole table."""


class Sold(Part, frozen=True, kw_only=True):
    """What must be so in a Stripe account; what isn't named may be as it likes."""

    charges: bool = False
    """That the key is of the environment's mode, and takes payments."""
    product: str | None = None
    """The name of a product that is sold."""
    prices: list[str] = msgspec.field(default_factory=list)
    """Lookup keys, to each of which one price answers that can be sold."""
    endpoint: str | None = None
    """The name of the one webhook endpoint that is told."""
    events: list[str] = msgspec.field(default_factory=list)
    """Exactly what it is told of."""
    portal: str | None = None
    """The name of a configuration of the customer portal that is in use."""


class Asked(Part, frozen=True, kw_only=True):
    """One request to an edge function, and what must come of it."""

    function: str
    """Its slug."""
    input: dict[str, Value] = msgspec.field(default_factory=dict)
    service: bool = False
    """Whether it comes with the token of the project's service; otherwise it has none."""
    status: int = 200
    holds: dict[str, Value] = msgspec.field(default_factory=dict)
    """What the answer says: a value by the path that leads to it, names with dots between them."""
    least: dict[str, int] = msgspec.field(default_factory=dict)
    """Numbers that it says at least."""


class Check(Part, frozen=True, kw_only=True):
    """One item of a verification list."""

    id: str
    item: str
    """The list's own words."""
    section: str
    kind: Literal["sql", "stripe", "http", "person"] = "sql"
    steps: list[Step] = msgspec.field(default_factory=list)
    """All in one transaction, which is rolled back whatever comes of it."""
    stripe: Sold | None = None
    """What the account must have."""
    asked: list[Asked] = msgspec.field(default_factory=list)
    """Requests to functions, one after the other. None of them may change anything."""
    confirmed: str | None = None
    """What a person told: who, and when."""
    ask: str = ""
    """The command by which a person tells it."""


class Gate(Shape, frozen=True, kw_only=True):
    """A list of checks, which run when what they verify has changed and whenever the target moves."""

    token: ClassVar[str] = "voip:rollout:Gate"

    name: str
    level: int = 0
    """What the target remembers to have completed, once every check holds."""
    passage: int | None = None
    """Which of the target's passages this is to be: the checks must run and the level be recorded. None where
    the target is at this level already."""
    checks: list[Check] = msgspec.field(default_factory=list)
    subject: dict[str, str] = msgspec.field(default_factory=dict)
    """What the checks verify: `<token>::<id>` of each object, with a digest of its declaration."""
    back: str = ""
    """The command that leads back if a check fails."""
    seen: dict[str, str] = msgspec.field(default_factory=dict)
    """What the objects were like when the checks last held: by object and part, a digest, or what became of
    it since. Told by the provider, never declared."""

    @property
    def id(self) -> str:
        return self.name
