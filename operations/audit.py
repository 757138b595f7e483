"""Search an application's checkout for what the rollout takes away or changes beneath it."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from fnmatch import fnmatch
from pathlib import Path

import msgspec

from components import checkout
from components.audit import DROPS, REPORT, Finding, Report
from operations.errors import OperationError

TOPICS: Mapping[str, re.Pattern[str]] = {
    topic: re.compile(pattern, re.IGNORECASE)
    for topic, pattern in {
        # Its functions serve it, and are its only way in for most callers.
        "lerg_codes": r"\b(lerg_codes|get-lerg-data|add-lerg-record)\b",
        "user_agent": r"\buser_agent\b",
        "signup_method": r"\bsignup_method\b",
        "NANP": r"nanp|enhanced[-_]lerg|\b(npas?|lerg)\b",
        # New columns, and checks of role and billing_period: whoever reads all or writes any is concerned.
        "profiles": (
            r"""\bfrom\(\s*["'`]profiles["'`]\s*\)"""
            r"""|\b(from|join|into|update|table)\s+(only\s+)?("?public"?\.)?"?profiles\b"""
            r"""|\btables\W+profiles\b|\brest/v1/profiles\b"""
        ),
    }.items()
}
"""What is searched for, by the comparison's words."""

_SHOWN = 120


def options(parser: argparse.ArgumentParser) -> None:
    """Of its command line."""
    parser.add_argument("path", help="the application's checkout")
    parser.add_argument(
        "--harmless",
        action="append",
        default=[],
        help="files that mean something else, e.g. 'src/sessions/*'",
    )
    parser.set_defaults(run=lambda options: audit(options.path, options.harmless))


def audit(path: str, harmless: Sequence[str]) -> str:
    """Search a checkout and write the report; returns it for people. Files may mean something else."""
    place = Path(path).expanduser().resolve()
    if not place.is_dir():
        raise OperationError(f"{path} is no folder; name the application's checkout")
    report = searched(place, harmless)
    try:
        REPORT.write_bytes(msgspec.json.format(msgspec.json.encode(report)) + b"\n")
    except OSError as error:
        raise OperationError(
            f"the report can't be written: {error}; run it in the project's folder"
        ) from None
    return "\n".join(told(report))


def searched(place: Path, harmless: Sequence[str]) -> Report:
    """All that a checkout says of the topics."""
    try:
        files = checkout.files(place)
        found = [finding for file in files for finding in _findings(file, file.relative_to(place).as_posix())]
        told = checkout.digest(place)
    except OSError as error:
        raise OperationError(
            f"{place} can't be searched: {error}; see to it that all of it can be read"
        ) from None
    if not files:
        raise OperationError(f"{place} holds no file to search; name the application's checkout")
    for pattern in harmless:
        if not any(fnmatch(each.file, pattern) for each in found):
            raise OperationError(
                f"--harmless {pattern} meets no file in which anything was found; correct it"
            )
    return Report(
        checkout=str(place),
        commit=checkout.commit(place),
        at=datetime.now(UTC).replace(microsecond=0),
        files=len(files),
        digest=told,
        harmless=list(harmless),
        found=found,
    )


def told(report: Report) -> Iterator[str]:
    """A report for people."""
    at = f"commit {report.commit}" if report.commit else "no commit"
    yield f"Searched {report.files} files of {report.checkout} ({at}, SHA-256 {report.digest})."
    for topic in TOPICS:
        found = [each for each in report.found if each.topic == topic]
        yield f"{topic}: {len(found) or 'nothing'}"
        yield from (f"  {each.file}:{each.line}: {each.text}" for each in found)
    for drop in DROPS:
        number = len(report.in_the_way(drop.topics))
        yield f"{drop.consent}: {f'{number} places are' if number else 'nothing is'} in the way."
    yield f"The report lies in {REPORT}."


def _findings(file: Path, name: str) -> Iterator[Finding]:
    content = file.read_bytes()
    if b"\0" in content:
        return  # no text
    text = content.decode("utf-8", "replace")
    lines = text.split("\n")
    for topic, pattern in TOPICS.items():
        numbers = {text.count("\n", 0, match.start()) for match in pattern.finditer(text)}
        for number in sorted(numbers):
            yield Finding(topic, name, number + 1, lines[number].strip()[:_SHOWN])
