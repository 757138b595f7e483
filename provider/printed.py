"""The lock file that maps each declared text to what Postgres prints for it.

Equality is decided by Postgres' own printing. A target under a read-only role can't print what it does not
hold yet, so the printing is done beforehand on the sandbox's Postgres and committed.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from provider.errors import PropertyError, ProviderError

Texts = Mapping[str, Mapping[str, str]]
"""By `<token>::<id>#<path>`: a text, and how Postgres prints it.

A printed text may print otherwise when it is run in its turn (`x IN ('a')` on a varchar does), so an object
made from its printed form, as in a restored dump, shows another one. The file holds such texts too, and the
one that prints as itself stands for all that lead to it.
"""


class Printed:
    """The committed printings."""

    def __init__(self, texts: Texts, source: str) -> None:
        self._texts = texts
        self._source = source

    @classmethod
    def load(cls, path: Path) -> Printed:
        """Read the lock file."""
        try:
            return cls(msgspec.json.decode(path.read_bytes(), type=dict[str, dict[str, str]]), str(path))
        except FileNotFoundError:
            raise ProviderError(
                f"{path} is missing; restore it with git or make it with `make printed`"
            ) from None
        except ValueError as error:
            raise ProviderError(
                f"{path} is damaged ({error}); restore it with git or make it anew with `make printed`"
            ) from None

    def __call__(self, key: str, path: str, declared: str) -> str:
        """The text that stands for a declared one, which must be known, or be the printing of one that is."""
        known = self._known(key, path)
        if declared in known or declared in known.values():
            return _last(known, declared)
        raise PropertyError(
            path,
            f"the printed form of this text is not in {self._source}; run `make printed` and commit it",
        )

    def live(self, key: str, path: str, text: str) -> str:
        """The text that stands for a live one; a text that is not known stands for itself."""
        return _last(self._known(key, path), text)

    def source(self, key: str, path: str, text: str) -> str:
        """The declared text for the one that stands for it: what is made from it is printed as if by hand."""
        known = self._known(key, path)
        printings = {printed for text, printed in known.items() if text != printed}
        declared = (each for each in known if each not in printings and _last(known, each) == text)
        return next(declared, text)

    def _known(self, key: str, path: str) -> Mapping[str, str]:
        return self._texts.get(f"{key}#{path}", {})


def _last(known: Mapping[str, str], text: str) -> str:
    following = known.get(text, text)
    return text if following == text else _last(known, following)


class AsDeclared:
    """Takes every text for its own printing, as the making of the lock file must."""

    def __call__(self, key: str, path: str, declared: str) -> str:
        del key, path
        return declared

    live = source = __call__
