"""The objects behind the fake provider, in a file that outlives its process, however that one ends."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_SCHEMA = """
create table if not exists objects (id text primary key, type text not null, inputs text not null);
create table if not exists history (number integer primary key, id text not null, change text not null);
create table if not exists numbers (name text primary key, last integer not null);
"""


@dataclass(frozen=True)
class World:
    """Objects by ID, each with its type and inputs, and the history of their making and their end."""

    file: Path

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        # Without synchronous writes it still outlives the process, if not the machine.
        with closing(sqlite3.connect(self.file, timeout=30, isolation_level=None)) as connection:
            connection.execute("pragma synchronous = off")
            connection.executescript(_SCHEMA)
            connection.execute("begin immediate")
            yield connection
            connection.execute("commit")

    def put(self, identifier: str, type_: str, inputs: dict[str, Any]) -> None:
        """Make an object, or change the one of that ID."""
        with self._transaction() as connection:
            change = "update" if self._has(connection, identifier) else "make"
            values = (identifier, type_, json.dumps(inputs, sort_keys=True))
            connection.execute("insert or replace into objects values (?, ?, ?)", values)
            self._note(connection, identifier, change)

    def remove(self, identifier: str) -> None:
        with self._transaction() as connection:
            if self._has(connection, identifier):
                connection.execute("delete from objects where id = ?", (identifier,))
                self._note(connection, identifier, "remove")

    def get(self, identifier: str) -> dict[str, Any] | None:
        """The inputs of an object."""
        return self.objects().get(identifier)

    def objects(self) -> dict[str, dict[str, Any]]:
        """The inputs of all objects."""
        with self._transaction() as connection:
            return {
                key: json.loads(text) for key, text in connection.execute("select id, inputs from objects")
            }

    def made(self) -> dict[str, int]:
        """How many times each object was made."""
        with self._transaction() as connection:
            query = "select id, count(*) from history where change = 'make' group by id"
            return dict(connection.execute(query).fetchall())

    def changes(self) -> int:
        """How many changes the history has."""
        with self._transaction() as connection:
            return int(connection.execute("select count(*) from history").fetchone()[0])

    def next_number(self, name: str) -> int:
        """How many times an object was made for a resource of that name, this time included."""
        with self._transaction() as connection:
            connection.execute("insert or ignore into numbers values (?, 0)", (name,))
            connection.execute("update numbers set last = last + 1 where name = ?", (name,))
            query = "select last from numbers where name = ?"
            return int(connection.execute(query, (name,)).fetchone()[0])

    @staticmethod
    def _has(connection: sqlite3.Connection, identifier: str) -> bool:
        return connection.execute("select 1 from objects where id = ?", (identifier,)).fetchone() is not None

    @staticmethod
    def _note(connection: sqlite3.Connection, identifier: str, change: str) -> None:
        connection.execute("insert into history (id, change) values (?, ?)", (identifier, change))
