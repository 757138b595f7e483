"""The lock file that maps each declared text to what Postgres prints for it.

Equality is decided by Postgres' own printing. A target under a read-only role can't print what it does not
hold yet, so the printing is done beforehand on the sandbox's Postgres and committed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from provider.errors import PropertyError, ProviderError

Texts = Mapping[str, Mapping[str, str]]
"""By `<token>::<id>#<path>`: declared text to printed text."""


class Printed:
    """The committed printings."""

    def __init__(self, texts: Texts, source: str) -> None:
        self._texts = texts
        self._source = source

    @classmethod
    def load(cls, path: Path) -> Printed:
        """Read the lock file."""
        try:
            return cls(json.loads(path.read_text("utf-8")), str(path))
        except FileNotFoundError:
            raise ProviderError(
                f"{path} is missing; restore it with git or make it with `make printed`"
            ) from None
        except ValueError as error:
            raise ProviderError(
                f"{path} is not valid JSON ({error}); make it anew with `make printed`"
            ) from None

    def __call__(self, key: str, path: str, declared: str) -> str:
        """What Postgres prints for a declared text; both the declared and the printed form are known."""
        known = self._texts.get(f"{key}#{path}", {})
        if declared in known:
            return known[declared]
        if declared in known.values():
            return declared
        raise PropertyError(
            path,
            f"the printed form of this text is not in {self._source}; run `make printed` and commit it",
        )


class AsDeclared:
    """Takes every text for its own printing, as the making of the lock file must."""

    def __call__(self, key: str, path: str, declared: str) -> str:
        del key, path
        return declared
