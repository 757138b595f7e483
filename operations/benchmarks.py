"""What the benches have measured, from their raw results in `bench/results/`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from operations.errors import OperationError

RESULTS = Path(__file__).resolve().parent.parent / "bench" / "results"
OWN = "this project"
"""What the results call it among its peers."""


@dataclass(frozen=True)
class Bar:
    """One figure of a chart, and how long it is beside the longest of its panel."""

    name: str
    value: float
    share: float
    own: bool


@dataclass(frozen=True)
class Panel:
    """Figures that are held against one another."""

    title: str
    bars: Sequence[Bar]


@dataclass(frozen=True)
class Result:
    """One file of raw results, and under which circumstances it came to be."""

    file: str
    command: str
    date: str
    load: float
    """The machine's load average before, of processes."""
    lines: Sequence[Mapping[str, Any]]
    """What follows the first line, where each line is a record of its own."""


@dataclass(frozen=True)
class Benchmarks:
    """All that the page tells."""

    results: Sequence[Result]
    documents: Mapping[str, Any]
    """The results that are one document, by the name of their file."""

    def figures(self, key: str) -> list[Panel]:
        """Each tool's figure for each pair of databases, for a chart."""
        return [_panel(title, tools, key) for title, tools in self.documents["gap"]["pairs"].items()]


def load_benchmarks(folder: Path = RESULTS) -> Benchmarks:
    """Every result; raises OperationError for a file that is none."""
    read = {path: _read(path) for path in sorted(folder.iterdir()) if path.suffix in (".json", ".jsonl")}
    documents = {path.stem: lines[0] for path, lines in read.items() if path.suffix == ".json"}
    return Benchmarks(list(_results(read)), documents)


def _read(path: Path) -> list[dict[str, Any]]:
    text = path.read_text("utf-8")
    try:
        return [json.loads(each) for each in (text.splitlines() if path.suffix == ".jsonl" else [text])]
    except ValueError as error:
        raise OperationError(f"bench/results/{path.name}: {error}; measure again") from None


def _results(read: Mapping[Path, Sequence[Mapping[str, Any]]]) -> Iterator[Result]:
    for path, lines in read.items():
        machine = lines[0].get("machine", lines[0])
        records = [line for line in lines if "machine" not in line and "load before" not in line]
        command = lines[0].get("command", f"python -m bench.{path.stem}")
        yield Result(path.name, command, machine["date"], round(machine["load before"], 1), records)


def _panel(title: str, tools: Mapping[str, Mapping[str, Any]], key: str) -> Panel:
    longest = max(each[key] for each in tools.values())
    return Panel(
        title, [Bar(name, each[key], each[key] / longest, name == OWN) for name, each in tools.items()]
    )
