"""Objects declared absent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from provider.differences import Difference
from provider.errors import NotAsWantedError, PropertyError
from provider.notes import Note
from provider.postgres.catalog import Catalog
from provider.postgres.compose import relation_id
from provider.postgres.kind import CatalogKind
from provider.postgres.statement import Statement, Transaction
from provider.schema.postgres import Index, Retirement, Table
from provider.schema.shape import Shape


class RetirementKind:
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
        return [
            Difference(f"absent[{wanted.absent.index(name)}]", "delete")
            for name, _, _ in self._alive(wanted.absent)
        ]

    def read(self, identifier: str, known: Retirement | None) -> Retirement:
        """A retirement leaves nothing behind; one that is known or imported is taken as it is."""
        return known or Retirement(name=identifier, absent=[])

    def plan(self, wanted: Retirement) -> list[Statement]:
        """The removals of what is still there; those that can't be in the transaction come before it."""
        alive = list(self._alive(wanted.absent))
        tables = {live.id for _, live, _ in alive if isinstance(live, Table)}
        statements = [
            statement
            for _, live, removal in alive
            for statement in removal
            if not (isinstance(live, Index) and relation_id(live) in tables)  # which takes it along
        ]
        return sorted(statements, key=lambda statement: statement.transaction is not Transaction.NONE)

    def notes(self, wanted: Retirement) -> list[Note]:
        """What a preview tells of the removals."""
        return self._catalog.notes(self.plan(wanted))

    def create(self, wanted: Retirement) -> Retirement:
        """Drop what is still there, in the order given."""
        if statements := self.plan(wanted):
            self._catalog.change(statements)
        if left := [name for name, _, _ in self._alive(wanted.absent)]:
            raise NotAsWantedError(wanted, f"{', '.join(left)} is still there after it was dropped")
        return wanted

    def update(self, live: Retirement, wanted: Retirement) -> Retirement:
        """The same as to create."""
        return self.create(wanted)

    def delete(self, live: Retirement, scratch: bool) -> None:
        """Forget: what is gone stays gone."""

    def _alive(self, names: list[str]) -> Iterator[tuple[str, Shape, list[Statement]]]:
        """What is still there, with its removal. Grants have none: they go with their object."""
        for name in names:
            token, _, identifier = name.partition("::")
            kind = self._kinds[token]
            live = kind.read(identifier, None)
            if live is not None and (removal := kind.removal(live)):
                yield name, live, removal
