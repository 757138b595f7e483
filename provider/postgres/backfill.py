"""Data steps that are done once."""

from __future__ import annotations

from provider.differences import Difference
from provider.errors import ProviderError
from provider.postgres.catalog import Catalog
from provider.postgres.compose import declared
from provider.schema.postgres import Backfill


class BackfillKind:
    """A statement that works in batches until it changes no row."""

    shape = Backfill

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def check(self, wanted: Backfill) -> Backfill:
        """Any backfill can be declared."""
        return wanted

    def diff(self, live: Backfill, wanted: Backfill) -> list[Difference]:
        """Never: what has been done once is done, whatever its text says today."""
        del live, wanted
        return []

    def read(self, identifier: str, known: Backfill | None) -> Backfill:
        """A backfill leaves no object behind, so one that is known or imported counts as done."""
        return known or Backfill(name=identifier, statement="", remaining="")

    def create(self, wanted: Backfill) -> Backfill:
        """Run the batches, each a transaction of its own, then verify that nothing is left."""
        while self._catalog.change([declared(wanted.statement)]) > 0:
            continue
        ((remaining,),) = self._catalog.session.query(declared(wanted.remaining))
        if remaining:
            raise ProviderError(
                f"the backfill {wanted.id} left {remaining} rows undone; look at them with the query "
                f"{wanted.remaining.strip()}"
            )
        return wanted

    def update(self, live: Backfill, wanted: Backfill) -> Backfill:
        """Nothing: see diff."""
        return wanted

    def delete(self, live: Backfill, scratch: bool) -> None:
        """Forget: what was filled stays filled."""
