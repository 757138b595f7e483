"""All that one database holds, read kind by kind with one query each."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

import msgspec
from psycopg import sql

from provider.errors import ProviderError
from provider.notes import Note
from provider.postgres.session import Session
from provider.postgres.statement import Lock, Statement, Work, hazards
from provider.schema.postgres import (
    Constraint,
    DefaultPrivileges,
    Function,
    Index,
    NotNull,
    Policy,
    Privileges,
    Table,
    Trigger,
    View,
)
from provider.schema.shape import Shape, identifier

S = TypeVar("S", bound=Shape)
Objects = dict[str, Shape]
Scope = dict[str, str | None]

EVERYTHING: Scope = {"schema": None, "object": None}


class _Owned(msgspec.Struct, frozen=True):
    """A row of the privileges query: the object's identifier is made here, by the one rule for all."""

    kind: str
    schema: str
    name: str
    arguments: str
    grants: dict[str, list[str]]
    columns: dict[str, dict[str, list[str]]]


def _privileges(row: str) -> Privileges:
    owned = msgspec.json.decode(row, type=_Owned)
    name = identifier(owned.schema) if owned.kind == "schema" else identifier(owned.schema, owned.name)
    return Privileges.from_wire(
        {
            "kind": owned.kind,
            "object": name + owned.arguments,
            "grants": owned.grants,
            "columns": owned.columns,
        }
    )


def _trigger(row: str) -> Trigger:
    data = msgspec.json.decode(row)
    data["function"] = f"{identifier(*data['function'])}()"
    if "fromTable" in data:
        data["fromTable"] = identifier(*data["fromTable"])
    return Trigger.from_wire(data)


def _decoder(shape: type[Shape]) -> Callable[[str], Shape]:
    return cast(Callable[[str], Shape], msgspec.json.Decoder(shape).decode)


SOURCES: dict[type[Shape], tuple[str, Callable[[str], Shape]]] = {
    Table: ("table", _decoder(Table)),
    NotNull: ("not_null", _decoder(NotNull)),
    Constraint: ("constraint", _decoder(Constraint)),
    Index: ("index", _decoder(Index)),
    Policy: ("policy", _decoder(Policy)),
    Function: ("function", _decoder(Function)),
    Trigger: ("trigger", _trigger),
    View: ("view", _decoder(View)),
    Privileges: ("privileges", _privileges),
    DefaultPrivileges: ("default_privileges", _decoder(DefaultPrivileges)),
}
"""For each kind: its query, and how a row of it becomes a shape."""


class Catalog:
    """The live objects: one snapshot answers until the first change, then each question is asked anew."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._snapshot: dict[type[Shape], Objects] = {}
        self._occupied: frozenset[str] = frozenset()
        self._loading = threading.Lock()

    def load(self) -> None:
        """Read the snapshot, unless it has been read."""
        with self._loading:
            if not self._snapshot:
                rows, self._snapshot = self._load_all()
                self._occupied = frozenset(identifier(*names) for names in rows)

    def find(self, shape: type[S], identifier: str, known: Shape | None) -> S | None:
        """One live object by its identifier; `known` tells which schema and relation to ask about."""
        return cast(S | None, self._objects(shape, known).get(identifier))

    def all(self, shape: type[S]) -> dict[str, S]:
        """All live objects of a kind, by identifier."""
        return cast(dict[str, S], self._objects(shape, None))

    def occupied(self, relation: str) -> bool:
        """Whether a relation held rows when this process began; one that did not has no users to disturb."""
        self.load()
        return relation in self._occupied

    def count(self, relation: sql.Composable, condition: sql.Composable) -> int:
        """How many rows of a relation meet a condition; none while either is not there yet."""
        counting = sql.SQL("SELECT count(*) FROM {} WHERE {}").format(relation, condition)
        ((count,),) = self.session.query_if_possible(counting) or [(0,)]
        return int(count)

    def change(self, statements: Sequence[Statement]) -> int:
        """Run statements, in as many transactions as they ask for; returns the last row count."""
        if problem := self.too_long(statements):
            raise ProviderError(problem)
        return self.session.change(statements)

    def notes(self, statements: Sequence[Statement]) -> list[Note]:
        """What of statements is worth telling before they run."""
        if problem := self.too_long(statements):
            return [Note(f"an update will refuse this: {problem}", warning=True)]
        return list(hazards(statements, self.occupied))

    def too_long(self, statements: Iterable[Statement]) -> str | None:
        """Why statements are refused: users would have to wait until a table has been gone through."""
        if self.session.target.long_locks:
            return None
        blocking = (statement for statement in statements if statement.work is not Work.CATALOG)
        return next((_too_long(*found) for each in blocking for found in self._in_the_way(each)), None)

    def _in_the_way(self, statement: Statement) -> Iterator[tuple[Statement, str, Lock]]:
        for relation, lock in statement.locks.items():
            if lock > Lock.SHARE_UPDATE_EXCLUSIVE and self.occupied(relation):
                yield statement, relation, lock

    def _objects(self, shape: type[Shape], known: Shape | None) -> Objects:
        if self.session.changed:
            return self._load([shape], _scope(known))[shape]
        self.load()
        return self._snapshot[shape]

    def _load_all(self) -> tuple[list[tuple[Any, ...]], dict[type[Shape], Objects]]:
        occupied, *results = self.session.query_all(
            [query("occupied"), *(query(name) for name, _ in SOURCES.values())], EVERYTHING
        )
        return occupied, {shape: _decode(shape, rows) for shape, rows in zip(SOURCES, results, strict=True)}

    def _load(self, shapes: list[type[Shape]], scope: Scope) -> dict[type[Shape], Objects]:
        results = self.session.query_all([query(SOURCES[shape][0]) for shape in shapes], scope)
        return {shape: _decode(shape, rows) for shape, rows in zip(shapes, results, strict=True)}


def _decode(shape: type[Shape], rows: list[tuple[Any, ...]]) -> Objects:
    decode = SOURCES[shape][1]
    objects = (decode(row) for (row,) in rows)
    return {live.id: live for live in objects}


def _scope(known: Shape | None) -> Scope:
    schema = getattr(known, "schema", None)
    named = getattr(known, "table", None) or getattr(known, "name", None)
    # An index is found by its own name; it has a table's too.
    return {"schema": schema, "object": getattr(known, "name", None) if isinstance(known, Index) else named}


def _too_long(statement: Statement, relation: str, lock: Lock) -> str:
    verb = "rewrites" if statement.work is Work.REWRITE else "reads all of"
    return (
        f"`{statement}` {verb} {relation} under {lock}, and users must wait for it; lead there in steps "
        "(a new column, a backfill, then the old one dropped), or consent with "
        "`pulumi config set voip:longLocks true`"
    )


@cache
def query(name: str) -> sql.SQL:
    """A query of this package by its file's name."""
    text = (Path(__file__).parent / "queries" / f"{name}.sql").read_text("utf-8")
    return sql.SQL(text)
