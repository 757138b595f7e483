"""What people wrote and no program can count: risks, purposes, and what was once stated."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path

import msgspec
import yaml

from comparison.rows import Row, Sign

FILE = Path(__file__).parent / "authored.yaml"


class Risk(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The risk of differences, by their kind and name; the last that meets a row holds."""

    level: str
    why: str = ""
    kind: tuple[str, ...] = ("*",)
    name: tuple[str, ...] = ("*",)
    sign: tuple[Sign, ...] = ("missing", "different", "extra")

    def meets(self, row: Row) -> bool:
        """Whether it is about a row."""
        return (
            row.sign in self.sign
            and any(fnmatchcase(row.kind, pattern) for pattern in self.kind)
            and any(fnmatchcase(row.name, pattern) for pattern in self.name)
        )


class Change(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One of the comparison's breaking changes, with the differences that it consists of."""

    title: str
    level: str
    change: str
    mitigation: str
    of: list[Risk]


class Claim(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A figure that the hand-written comparison states, and the counted one that it is held against."""

    says: str
    sections: list[str]
    figure: str
    stated: int
    contradiction: str = ""
    """The entry of docs/contradictions.yaml that tells which reading was chosen."""


class Authored(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The data file."""

    stated_on: str
    levels: Mapping[str, str]
    risks: list[Risk]
    changes: list[Change]
    order: list[list[str]]
    """Edge functions as the comparison wants them deployed, step by step."""
    claims: list[Claim]
    unknowable: list[str]


def load_authored(path: Path = FILE) -> Authored:
    """What is authored."""
    return msgspec.convert(yaml.safe_load(path.read_text("utf-8")), Authored)


def risk_of(row: Row, risks: list[Risk]) -> Risk | None:
    """The last risk that is about a row."""
    return next((risk for risk in reversed(risks) if risk.meets(row)), None)
