"""Write the documents that are made of data, and refuse data that the program contradicts."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TypeVar

import msgspec

from operations import contradictions, coverage, migrations
from operations.benchmarks import Benchmarks, load_benchmarks
from operations.contradictions import Contradiction
from operations.coverage import Checklist
from operations.errors import OperationError
from operations.functions import load_functions
from operations.migrations import Ledger
from operations.pages import FOLDER, render

ROOT = Path(__file__).resolve().parent.parent

T = TypeVar("T")


def options(parser: argparse.ArgumentParser) -> None:
    """Of its command line."""
    parser.add_argument("--check", action="store_true", help="only tell whether they are up to date")
    parser.set_defaults(run=lambda options: write_documents(check=options.check))


def write_documents(folder: Path = FOLDER, *, check: bool) -> str:
    """Bring the generated documents up to date, or with `check` refuse stale ones; says what was done."""
    stale = {path: text for path, text in _pages(folder).items() if _present(path) != text}
    names = ", ".join(path.name for path in stale)
    if not stale:
        return "The generated documents are up to date."
    if check:
        raise OperationError(f"{names} is not what its data gives; run `python -m operations documents`")
    for path, text in stale.items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
    return f"Wrote {names}."


def load_ledger(folder: Path = FOLDER) -> Ledger:
    """The migrations, from `migrations.yaml`."""
    return _load(folder / "migrations.yaml", Ledger)


def load_contradictions(folder: Path = FOLDER) -> list[Contradiction]:
    """The comparison's contradictions and faults, from `contradictions.yaml`."""
    return _load(folder / "contradictions.yaml", list[Contradiction])


def load_coverage(folder: Path = FOLDER) -> list[Checklist]:
    """What checks each item of the comparison's lists, from `coverage.yaml`."""
    return _load(folder / "coverage.yaml", list[Checklist])


def _pages(folder: Path) -> Mapping[Path, str]:
    ledger, entries, lists = load_ledger(folder), load_contradictions(folder), load_coverage(folder)
    if found := list(_faults(ledger, entries, lists)):
        raise OperationError("\n".join(found))
    benchmarks = load_benchmarks()
    pages = (
        ("migrations.md", ledger),
        ("contradictions.md", entries),
        ("coverage.md", lists),
        ("functions.md", load_functions(folder / "openapi.json")),
        ("benchmarks.md", benchmarks),
    )
    texts = {folder / page: render(page, folder, data=data) for page, data in pages}
    return {**texts, **_charts(folder, benchmarks)}


def _charts(folder: Path, benchmarks: Benchmarks) -> Mapping[Path, str]:
    charts = (
        ("gap-seconds.svg", "median", "%.2f s", "Seconds to the gap, by tool"),
        ("gap-memory.svg", "most megabytes", "%d MB", "Memory at most, by tool"),
    )
    return {
        folder / "pictures" / file: render(
            "bars.svg", folder, panels=benchmarks.figures(key), form=form, label=label
        )
        for file, key, form, label in charts
    }


def _faults(ledger: Ledger, entries: list[Contradiction], lists: list[Checklist]) -> Iterator[str]:
    yield from migrations.faults(ledger, migrations.all_declared())
    yield from contradictions.faults(entries, ROOT)
    yield from coverage.faults(lists, ROOT)


def _load(path: Path, shape: type[T]) -> T:
    try:
        return msgspec.yaml.decode(path.read_bytes(), type=shape)
    except msgspec.DecodeError as error:
        raise OperationError(f"{path.name}: {error}; correct it") from None


def _present(path: Path) -> str | None:
    return path.read_text("utf-8") if path.exists() else None
