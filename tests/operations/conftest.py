"""Production at a phase, as the commands reach it, and as its users do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from operations.printed import FILE
from provider.plane import Planes
from sandbox import databases
from tests.reached import reach, settings_of
from tests.targets import production_of

Row = tuple[Any, ...]


class Production:
    """A copy of production that was led to a phase."""

    def __init__(self, database: databases.Target) -> None:
        self.database = database
        self.target = production_of(database.ref, database_url=database.database_url, printed=FILE)

    def reach(self, *phases: int) -> None:
        """Take the steps of these phases, hardened."""
        for phase in phases:
            reach(self.database, settings_of(phase, "hardening"))

    @contextmanager
    def planes(self) -> Iterator[Planes]:
        """What a command works on, in a process of its own."""
        with closing(Planes(self.target)) as opened:
            yield opened

    def run(self, text: str, *values: object) -> list[Row]:
        """What the owner's statement gives."""
        with psycopg.connect(self.database.database_url, autocommit=True) as connection:
            cursor = connection.execute(text.encode(), values or None)
            return cursor.fetchall() if cursor.description else []

    def run_as(self, user: str, text: str) -> list[Row]:
        """What a signed-in user's statement gives."""
        claims = json.dumps({"sub": user, "role": "authenticated"})
        with psycopg.connect(self.database.database_url) as connection:
            connection.execute("SET LOCAL ROLE authenticated")
            connection.execute("SELECT set_config('request.jwt.claims', %s, true)", [claims])
            return connection.execute(text.encode()).fetchall()

    def sign_up(self) -> str:
        """A new user's id."""
        user = str(uuid4())
        self.run("INSERT INTO auth.users (id, email) VALUES (%s, %s)", user, f"{user}@example.invalid")
        return user


@pytest.fixture
def production(production_copy: databases.Target) -> Production:
    """Production as it was found."""
    return Production(production_copy)
