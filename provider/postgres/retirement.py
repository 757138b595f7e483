"""Objects declared absent."""

from __future__ import annotations

from collections.abc import Mapping

from psycopg import sql

from provider.differences import Difference
from provider.errors import NotAsWantedError, PropertyError
from provider.notes import Note
from provider.postgres import own
from provider.postgres.catalog import Catalog
from provider.postgres.compose import relation_id
from provider.postgres.kind import CatalogKind
from provider.postgres.statement import Lock, Statement, Transaction, Work
from provider.retirement import Retiring
from provider.schema.postgres import Constraint, Index, Privileges, Retirement, Table
from provider.schema.shape import Shape


class RetirementKind(Retiring[Retirement]):
    """Drops all that it names in one transaction, so that no reader sees half of it gone."""

    shape = Retirement

    def __init__(self, catalog: Catalog, kinds: Mapping[str, CatalogKind[Shape]]) -> None:
        self._catalog = catalog
        self._kinds = kinds

    def check(self, wanted: Retirement) -> Retirement:
        """Every name must be of a kind that can be dropped."""
        for index, name in enumerate(wanted.absent):
            if name.partition("::")[0] not in self._kinds:
                raise PropertyError(
                    f"absent[{index}]",
                    f"{name} is of no kind that can be dropped; known are {', '.join(sorted(self._kinds))}",
                )
        return wanted

    def diff(self, live: Retirement, wanted: Retirement) -> list[Difference]:
        """What is declared absent and still there, from the catalog: an imported state can't know of it."""
        return [Difference(f"absent[{wanted.absent.index(key)}]", "delete") for key in self._alive(wanted)]

    def plan(self, wanted: Retirement) -> list[Statement]:
        """The removals of what is still there; those that can't be in the transaction come before it.

        A table that holds rows is put aside with them, and with what makes it whole.
        """
        alive = self._alive(wanted)
        tables = {live.id: self._holds_rows(live) for live in alive.values() if isinstance(live, Table)}
        statements = [
            statement
            for key, live in alive.items()
            if not _goes_along(live, tables)
            for statement in self._removal(key, live, tables)
        ]
        return sorted(statements, key=lambda statement: statement.transaction is not Transaction.NONE)

    def notes(self, wanted: Retirement) -> list[Note]:
        """What a preview tells of the removals."""
        return self._catalog.notes(self.plan(wanted))

    def create(self, wanted: Retirement) -> Retirement:
        """Drop what is still there, in the order given."""
        if statements := self.plan(wanted):
            self._catalog.change(statements)
        if left := self._alive(wanted):
            raise NotAsWantedError(wanted, f"{', '.join(left)} is still there after it was dropped")
        return wanted

    def _alive(self, wanted: Retirement) -> dict[str, Shape]:
        """What is still there, by its key. Grants are not counted: they go with their object."""
        alive: dict[str, Shape] = {}
        for key in wanted.absent:
            token, _, name = key.partition("::")
            live = self._kinds[token].read(name, None)
            if live is not None and not isinstance(live, Privileges):
                alive[key] = live
        return alive

    def _removal(self, key: str, live: Shape, tables: Mapping[str, bool]) -> list[Statement]:
        removal = self._kinds[key.partition("::")[0]].removal(live)
        if not isinstance(live, Table):
            return removal
        return own.put_aside(live) if tables[live.id] else [_unless_written(live), *removal]

    def _holds_rows(self, table: Table) -> bool:
        query = sql.SQL("SELECT EXISTS (SELECT FROM {})").format(sql.Identifier(table.schema, table.name))
        return bool(self._catalog.session.query(query)[0][0])


def _goes_along(live: Shape, tables: Mapping[str, bool]) -> bool:
    """Whether an object goes where its table goes. Constraints of one that is dropped may hold another back,
    and policies and triggers of one that is kept name what may be dropped."""
    match live:
        case Index():
            return relation_id(live) in tables
        case Constraint():
            return tables.get(relation_id(live), False)
    return False


def _unless_written(table: Table) -> Statement:
    """Somebody may write the first row at this moment, and it is not to be lost."""
    name = sql.Identifier(table.schema, table.name)
    text = sql.SQL(
        "DO $voip$ BEGIN LOCK TABLE {name} IN ACCESS EXCLUSIVE MODE; "
        "IF EXISTS (SELECT FROM {name}) THEN RAISE EXCEPTION USING MESSAGE = {message}; END IF; END $voip$"
    ).format(
        name=name,
        message=f"{table.id} got its first row at this moment; run the same command again to put it aside",
    )
    return Statement(text, {table.id: Lock.ACCESS_EXCLUSIVE}, Work.SCAN)
