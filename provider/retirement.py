"""What the retirements of all planes have in common: they are done anew, and leave nothing behind."""

from __future__ import annotations

from typing import Generic, TypeVar

from provider.schema.shape import Absence

R = TypeVar("R", bound=Absence)


class Retiring(Generic[R]):
    """The verbs of a retirement beside `check`, `diff` and `create`, which are a plane's own."""

    shape: type[R]

    def read(self, identifier: str, known: R | None) -> R:
        """A retirement leaves nothing behind; one that is known or imported is taken as it is."""
        return known or self.shape(name=identifier, absent=[])

    def create(self, wanted: R) -> R:
        """See that what is declared absent is so."""
        raise NotImplementedError

    def update(self, live: R, wanted: R) -> R:
        """The same as to create."""
        return self.create(wanted)

    def delete(self, live: R, scratch: bool) -> None:
        """Forget: what is gone stays gone."""
