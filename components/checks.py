"""The verification list of each phase, from `sql/checks/`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Annotated, Any, TypeVar

import msgspec
import pulumi

from components.templates import FOLDER
from provider.schema.rollout import Asked, Check, Sold, Step, Value
from settings import LAST_PHASE

CHECKS = FOLDER / "checks"

T = TypeVar("T")


class ChecksError(pulumi.RunError):
    """A list that can't be used; the message names its file."""


class _Strict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class Actor(_Strict, frozen=True, kw_only=True):
    """Whom a statement runs as: a role of the API, with the token of a request."""

    role: str
    claims: dict[str, Any] | None = None


class Trial(_Strict, frozen=True, kw_only=True):
    """One statement, and what must come of it."""

    sql: str
    by: str | None = msgspec.field(default=None, name="as")
    rows: list[list[Value]] | None = None
    changes: int | None = None
    refused: str | None = None
    uses: str | None = None


class Item(_Strict, frozen=True, kw_only=True):
    """One item of a phase's list: tried in SQL or at Stripe, or seen by a person."""

    id: Annotated[str, msgspec.Meta(pattern=r"^[0-8]\.[a-z0-9-]+$")]
    """The phase and a name, e.g. `4.sign-up`."""
    item: str
    """The comparison's own words."""
    section: str
    until: int = LAST_PHASE + 1
    """The phase from which on it need not hold any more."""
    given: list[str] = []
    steps: list[Trial] = []
    stripe: Sold | None = None
    asked: list[Asked] = []
    person: str | None = None
    """What a person has to look at, where nothing else can."""


class _Vocabulary(_Strict, frozen=True, kw_only=True):
    """`common.yaml`: what the lists have in common."""

    actors: dict[str, Actor]
    given: dict[str, list[Trial]]


@cache
def items(phase: int) -> tuple[Item, ...]:
    """A phase's list; empty where it has no file."""
    file = f"phase_{phase}.yaml"
    return tuple(_load(file, list[Item])) if (CHECKS / file).exists() else ()


def tried(phase: int, at: int) -> Iterator[Check]:
    """The checks of a phase's list that need no person, as far as they hold at another phase."""
    for item in items(phase):
        if at < item.until and not item.person:
            told = Check(id=item.id, item=item.item, section=item.section)
            if item.stripe:
                yield msgspec.structs.replace(told, kind="stripe", stripe=item.stripe)
            elif item.asked:
                yield msgspec.structs.replace(told, kind="http", asked=item.asked)
            else:
                yield msgspec.structs.replace(told, steps=list(_steps(item)))


def _steps(item: Item) -> Iterator[Step]:
    vocabulary = _vocabulary()
    for name in item.given:
        if name not in vocabulary.given:
            raise ChecksError(
                f"{item.id} needs {name!r}, which common.yaml does not give; correct one of both"
            )
        yield from (_step(trial, item, vocabulary.actors) for trial in vocabulary.given[name])
    yield from (_step(trial, item, vocabulary.actors) for trial in item.steps)


def _step(trial: Trial, item: Item, actors: Mapping[str, Actor]) -> Step:
    if trial.by is not None and trial.by not in actors:
        raise ChecksError(f"{item.id} acts as {trial.by!r}; common.yaml knows {', '.join(actors)}")
    actor = actors[trial.by] if trial.by else None
    return Step(
        sql=trial.sql.strip(),
        role=actor.role if actor else None,
        claims=json.dumps(actor.claims, sort_keys=True) if actor and actor.claims else None,
        rows=trial.rows,
        changes=trial.changes,
        refused=trial.refused,
        uses=trial.uses,
    )


@cache
def _vocabulary() -> _Vocabulary:
    return _load("common.yaml", _Vocabulary)


def _load(name: str, shape: type[T]) -> T:
    try:
        return msgspec.yaml.decode((CHECKS / name).read_bytes(), type=shape)
    except (OSError, msgspec.DecodeError) as error:
        raise ChecksError(f"sql/checks/{name}: {error}; correct it") from None
