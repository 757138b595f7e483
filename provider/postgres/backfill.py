"""Data steps that are done once."""

from __future__ import annotations

from provider.differences import Difference
from provider.errors import ProviderError
from provider.postgres.catalog import Catalog
from provider.postgres.compose import declared
from provider.postgres.statement import Statement
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
        """Run batches, each a transaction of its own, until nothing is left or one has done nothing."""
        before = None
        while True:
            self._catalog.change([Statement(declared(wanted.statement))])
            remaining = self._remaining(wanted)
            if not remaining:
                return wanted
            if before is not None and remaining >= before:
                raise ProviderError(
                    f"the backfill {wanted.id} left {remaining} rows undone; look at them with the query "
                    f"{wanted.remaining.strip()}"
                )
            before = remaining

    def update(self, live: Backfill, wanted: Backfill) -> Backfill:
        """Nothing: see diff."""
        return wanted

    def delete(self, live: Backfill, scratch: bool) -> None:
        """Forget: what was filled stays filled."""

    def _remaining(self, wanted: Backfill) -> int:
        rows = self._catalog.session.query(declared(wanted.remaining))
        if len(rows) != 1 or len(rows[0]) != 1 or not isinstance(rows[0][0], int):
            raise ProviderError(
                f"the query of the backfill {wanted.id} for what remains gives {len(rows)} rows that are not "
                f"one number; correct it: {wanted.remaining.strip()}"
            )
        return rows[0][0]
