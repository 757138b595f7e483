"""What a step that drops something rests on: an audit of the application that would miss it."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatch
from pathlib import Path

import msgspec
import pulumi

from components import checkout
from components.identity import COLUMNS_DROPPED, REMOVED_COLUMNS
from components.lerg import LEGACY_UNTIL, LERG_CODES
from settings import PROJECT, Settings

REPORT = Path("audit.json")
COMMAND = "python -m operations audit"


class Finding(msgspec.Struct, frozen=True):
    """One place in the application."""

    topic: str
    file: str
    line: int
    text: str


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What was searched, and what was found there."""

    checkout: str
    commit: str | None
    at: datetime
    files: int
    digest: str
    """SHA-256 of all files, as `checkout.digest` tells it."""
    harmless: list[str]
    """Patterns of files that mean something else by the same words."""
    found: list[Finding]

    def in_the_way(self, topics: Sequence[str]) -> list[Finding]:
        """The findings that speak against dropping what the topics name."""
        return [
            each
            for each in self.found
            if each.topic in topics and not any(fnmatch(each.file, pattern) for pattern in self.harmless)
        ]


@dataclass(frozen=True)
class Drop:
    """What a stack can consent to have dropped."""

    consent: str
    phase: int
    table: str
    columns: tuple[str, ...]
    topics: tuple[str, ...]
    """What the application must not use, by the audit's topics."""

    def consented(self, settings: Settings) -> bool:
        """Whether the stack's config consents, and the phase has come."""
        given = {
            "dropProfileColumns": settings.drop_profile_columns,
            "dropLegacyLerg": settings.drop_legacy_lerg,
        }
        return given[self.consent] and settings.phase >= self.phase

    def is_ahead(self, live: Mapping[str, Sequence[str]]) -> bool:
        """Whether there is still something to drop, among the columns of each live table."""
        return not set(self.columns).isdisjoint(live.get(self.table, ()))


DROPS = (
    Drop(
        "dropProfileColumns",
        COLUMNS_DROPPED,
        "public.profiles",
        tuple(REMOVED_COLUMNS),
        tuple(REMOVED_COLUMNS),
    ),
    Drop("dropLegacyLerg", LEGACY_UNTIL, LERG_CODES.id, tuple(LERG_CODES.columns), (LERG_CODES.name,)),
)


def refusal(settings: Settings) -> str | None:
    """Why what the stack consents to drop may not be dropped yet; None if it may, or if nothing is there."""
    if not any(drop.consented(settings) for drop in DROPS):
        return None
    live = pulumi.runtime.invoke("voip:postgres:tables", {}).value
    ahead = [drop for drop in DROPS if drop.consented(settings) and drop.is_ahead(live)]
    problem = next(_problems(ahead), None)
    return f"{problem}, then run the same command again" if problem else None


def _problems(ahead: Sequence[Drop]) -> Iterator[str]:
    for drop in ahead:
        what = f"{PROJECT}:{drop.consent} would drop {', '.join(drop.topics)}"
        try:
            report = load()
        except FileNotFoundError:
            yield f"{what}, and no audit tells that the application uses none of it; run `{COMMAND} PATH`"
        except ValueError as error:
            yield f"{REPORT} is no report of an audit ({error}); make another with `{COMMAND} PATH`"
        else:
            yield from (f"{what}, and {problem}" for problem in _spoken_against(report, drop))


def _spoken_against(report: Report, drop: Drop) -> Iterator[str]:
    place, repeat = Path(report.checkout), f"`{COMMAND} {shlex.quote(report.checkout)}`"
    if not place.is_dir() or checkout.digest(place) != report.digest:
        yield (
            f"{place} is not as it was audited at {report.at:%Y-%m-%d %H:%M} UTC; audit the application that "
            f"is in use with {repeat}"
        )
    elif found := report.in_the_way(drop.topics):
        yield (
            f"the application speaks of it in {len(found)} places, first {found[0].file}:{found[0].line}; "
            "correct them, or tell files that mean something else with --harmless, and audit it again with "
            f"{repeat}"
        )


def load() -> Report:
    """The last report; raises FileNotFoundError, or ValueError where the file is none."""
    return msgspec.json.decode(REPORT.read_bytes(), type=Report)
