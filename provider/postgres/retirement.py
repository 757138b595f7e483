"""Objects declared absent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from psycopg import sql

from provider.differences import Difference
from provider.errors import ProviderError
from provider.postgres.catalog import Catalog
from provider.postgres.kind import CatalogKind
from provider.schema.postgres import Retirement
from provider.schema.shape import Shape


class RetirementKind:
    """Drops all that it names in one transaction, so that no reader sees half of it gone."""

    shape = Retirement

    def __init__(self, catalog: Catalog, kinds: Mapping[str, CatalogKind[Shape]]) -> None:
        self._catalog = catalog
        self._kinds = kinds

    def check(self, wanted: Retirement) -> Retirement:
        """Every name must be of a kind that can be dropped."""
        for name in wanted.absent:
            if name.partition("::")[0] not in self._kinds:
                raise ProviderError(
                    f"{wanted.id} retires {name}, whose kind can't be dropped; known: "
                    f"{', '.join(sorted(self._kinds))}"
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

    def create(self, wanted: Retirement) -> Retirement:
        """Drop what is still there, in the order given."""
        statements: list[sql.Composable] = []
        for _, kind, live in self._alive(wanted.absent):
            statements.extend(kind.removal(live))
        if statements:
            self._catalog.change(statements)
        return wanted

    def update(self, live: Retirement, wanted: Retirement) -> Retirement:
        """The same as to create."""
        return self.create(wanted)

    def delete(self, live: Retirement, scratch: bool) -> None:
        """Forget: what is gone stays gone."""

    def _alive(self, names: list[str]) -> Iterator[tuple[str, CatalogKind[Shape], Shape]]:
        for name in names:
            token, _, identifier = name.partition("::")
            kind = self._kinds[token]
            if live := kind.read(identifier, None):
                yield name, kind, live
