"""What a configured provider works on: the target's planes, with the handlers of every kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from psycopg import sql

from provider.access.table import access_table
from provider.postgres import own
from provider.postgres.catalog import SOURCES, Catalog
from provider.postgres.own import Passages
from provider.postgres.session import Session
from provider.postgres.statement import Statement
from provider.printed import Printed
from provider.registry import Kind, postgres_kinds, rollout_kinds, stripe_kinds, supabase_kinds
from provider.schema.access import Caller, Table
from provider.schema.postgres import NotNull, Privileges, Rows, Trigger
from provider.schema.postgres import Table as TableShape
from provider.schema.shape import Shape
from provider.schema.snapshot import Snapshot
from provider.schema.supabase import RESERVED, Secret
from provider.schema.supabase import Function as EdgeFunction
from provider.stripe.account import Account, check_mode
from provider.supabase.deployed import Deployed
from provider.supabase.management import Management
from provider.supabase.probe import Probe
from provider.survey import survey
from provider.target import Target

Function = Callable[[], dict[str, Any]]
"""What a program may ask of a target without declaring anything."""


class Planes:
    """The database, the Management API and the Stripe account of one target, behind the kinds in them."""

    def __init__(self, target: Target) -> None:
        self.target = target
        session = Session(target)
        self._catalog = Catalog(session)
        self._management = Management(target)
        self._account = account = Account(target, session.exclude_other_updates)
        self._deployed = Deployed(self._management, session.exclude_other_updates)
        self.kinds: Mapping[str, Kind] = {
            **postgres_kinds(self._catalog, Printed.load(target.printed)),
            **rollout_kinds(self._catalog, account, target),
            **supabase_kinds(self._deployed, target, Probe(target)),
            **stripe_kinds(account, target),
        }
        self.functions: Mapping[str, Function] = {
            "voip:postgres:tables": self.tables,
            "voip:rollout:passages": lambda: self.passages()._asdict(),
        }

    def verify(self) -> None:
        """Make sure that the target is the one that is meant, before anything is read for the state."""
        check_mode(self.target)
        self._catalog.load()

    def passages(self) -> Passages:
        """What the target's gates have recorded so far."""
        return own.passages(self._catalog.session)

    def tables(self) -> dict[str, list[str]]:
        """The live tables, with the names of their columns."""
        return {name: list(table.columns) for name, table in self._catalog.all(TableShape).items()}

    def aside(self) -> dict[str, int]:
        """What was put aside on the way back, with its number of rows."""
        return own.aside(self._catalog.session)

    def live_objects(self) -> Iterator[Shape]:
        """Every live object of the application: in `public`, triggers everywhere, functions and secrets."""
        for shape in SOURCES:
            yield from filter(_of_application, self._catalog.all(shape).values())
        yield from (EdgeFunction(slug=slug) for slug in self._deployed.functions())
        yield from (Secret(name=name) for name in self._deployed.secrets() if not name.startswith(RESERVED))

    def survey(self, references: Sequence[Rows]) -> Snapshot:
        """All that the target holds, for people to compare; of the references, the columns they declare."""
        return survey(self.target, self._catalog, self._management, self._account, references)

    def access(self, callers: Sequence[Caller]) -> Table:
        """Who may do what in `public`, tried for real in a transaction that is rolled back."""
        with self._catalog.session.rolled_back() as connection:
            return access_table(connection, callers)

    def ask(self, query: sql.Composable) -> list[tuple[Any, ...]] | None:
        """What a read-only query answers; None where what it asks about is not there, or hidden."""
        return self._catalog.session.query_if_possible(query)

    def change(self, statements: Sequence[Statement]) -> int:
        """Run statements beside the kinds; returns the last row count."""
        return self._catalog.change(statements)

    def close(self) -> None:
        """Close every connection."""
        self._catalog.session.close()
        self._management.close()


def _of_application(live: Shape) -> bool:
    match live:
        case NotNull():
            return False  # most belong to their column, and the table tells them
        case Trigger():
            return True
        case Privileges():
            return live.object.startswith("public.")
    return getattr(live, "schema", None) == "public"
