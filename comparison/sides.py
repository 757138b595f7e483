"""Two values beside each other, line by line."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import Any, NamedTuple

import yaml


class Line(NamedTuple):
    """What stands beside what; an empty text where one has no such line."""

    first: str
    second: str
    differs: bool


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as such."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)


def lines(first: Any, second: Any) -> Iterator[Line]:
    """Both values as YAML, equal lines beside each other; None has no lines."""
    before, after = _lines(first), _lines(second)
    for tag, at, end, second_at, second_end in SequenceMatcher(
        a=before, b=after, autojunk=False
    ).get_opcodes():
        for pair in zip_longest(before[at:end], after[second_at:second_end], fillvalue=""):
            yield Line(*pair, differs=tag != "equal")


def _lines(value: Any) -> list[str]:
    if value is None:
        return []
    if isinstance(value, str):
        return value.splitlines()
    # Postgres' own line breaks in a text are kept where YAML can; a tab or an end in spaces bars that.
    told = yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10_000)
    return told.rstrip("\n").split("\n")
