"""Statements as data: what each one does, and what it means for those who use the database meanwhile."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, IntEnum

from psycopg import sql

from provider.notes import Note


class Lock(IntEnum):
    """A lock on a table, the stronger the greater. Those that reading and writing take are left out."""

    SHARE_UPDATE_EXCLUSIVE = 1
    """Lets users read and write."""
    SHARE = 2
    """Lets users read, as the next two do."""
    SHARE_ROW_EXCLUSIVE = 3
    EXCLUSIVE = 4
    ACCESS_EXCLUSIVE = 5

    def __str__(self) -> str:
        return self.name.replace("_", " ")


class Work(IntEnum):
    """What a statement goes through while it holds its locks."""

    CATALOG = 0
    SCAN = 1
    """Every row of a table."""
    REWRITE = 2
    """Every row, to write it anew."""


class Transaction(Enum):
    """Which transaction a statement belongs to."""

    SHARED = "shared"
    """That of its neighbours."""
    OWN = "own"
    NONE = "none"
    """Postgres refuses it in a transaction."""


Locks = Mapping[str, Lock]
"""The strongest lock on each relation, by identifier."""


@dataclass(frozen=True)
class Statement:
    """One statement with its hazards."""

    text: sql.Composable
    locks: Locks = field(default_factory=dict)
    """On what was there before; one on an index, a partition, or a sequence that a column owns, is one on the
    table."""
    work: Work = Work.CATALOG
    loses: str | None = None
    """What is gone afterwards with all that it holds."""
    transaction: Transaction = Transaction.SHARED

    def __str__(self) -> str:
        """Its beginning, on one line."""
        return textwrap.shorten(self.text.as_string(), 120, placeholder=" …")


def transactions(statements: Iterable[Statement]) -> list[list[Statement]]:
    """Statements as they are committed: neighbours together, the others each by itself."""
    groups: list[list[Statement]] = []
    for statement in statements:
        if groups and _is_shared(statement) and _is_shared(groups[-1][-1]):
            groups[-1].append(statement)
        else:
            groups.append([statement])
    return groups


def hazards(statements: Sequence[Statement], is_occupied: Callable[[str], bool]) -> Iterator[Note]:
    """What of statements is worth a human's attention: losses, and locks that users wait for."""
    for statement in statements:
        if statement.loses and any(map(is_occupied, statement.locks)):
            yield Note(f"takes away {statement.loses} with all that it holds", warning=True)
    for relation, lock in strongest(statements).items():
        if lock > Lock.SHARE_UPDATE_EXCLUSIVE and is_occupied(relation):
            yield _waiting(relation, lock, statements)


def _waiting(relation: str, lock: Lock, statements: Iterable[Statement]) -> Note:
    work = max(
        statement.work
        for statement in statements
        if statement.locks.get(relation, Lock.SHARE_UPDATE_EXCLUSIVE) > Lock.SHARE_UPDATE_EXCLUSIVE
    )
    if work is Work.CATALOG:
        return Note(f"{lock} on {relation} for a moment; gives way to users and tries again")
    verb = "writes" if work is Work.REWRITE else "reads"
    return Note(f"{lock} on {relation} while it {verb} every row; users wait", warning=True)


def strongest(statements: Iterable[Statement]) -> Locks:
    """The strongest lock that any of the statements takes on each relation."""
    held: dict[str, Lock] = {}
    for statement in statements:
        for relation, lock in statement.locks.items():
            held[relation] = max(lock, held.get(relation, lock))
    return held


def _is_shared(statement: Statement) -> bool:
    return statement.transaction is Transaction.SHARED
