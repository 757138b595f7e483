"""Who may do what in a stack's target: tried for real, told for people or as data, and compared."""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import msgspec

from components.callers import CALLERS
from operations.errors import OperationError
from operations.pulumi import stack_config
from operations.target import live
from provider.access.table import differences
from provider.schema.access import Cell, Table
from provider.target import Target


class Line(NamedTuple):
    """What all callers may do with one command."""

    object: str
    command: str
    row: str
    who: Mapping[str, str]
    """By caller; those who may do nothing are left out."""


def options(parser: argparse.ArgumentParser) -> None:
    """Of its command line."""
    parser.add_argument("--stack", required=True)
    parser.add_argument("--against", help="another stack, or a file: only tell what differs from it")
    parser.add_argument("--json", action="store_true", help="as data, which --against takes")
    parser.add_argument("--hosted", action="store_true", help="also on a hosted project")
    parser.set_defaults(
        run=lambda options: access(
            options.stack, against=options.against, as_data=options.json, hosted=options.hosted
        )
    )


def access(stack: str, *, against: str | None, as_data: bool, hosted: bool) -> str:
    """The access table of a stack's target, or the cells that differ from another stack's or a file's."""
    table = read(stack, hosted=hosted)
    if against is None:
        return dumped(table) if as_data else told(table)
    other = stored(Path(against)) if Path(against).is_file() else read(against, hosted=hosted)
    changes = differences(other, table)
    if as_data:
        return json.dumps([[*change.cell, change.before, change.after] for change in changes], indent=1)
    lines = [f"  {cell}: {before or 'not there'} → {after or 'not there'}" for cell, before, after in changes]
    return "\n".join([f"Cells that differ, {against} → {stack}: {len(changes)}", *lines])


def read(stack: str, *, hosted: bool) -> Table:
    """Try everything on a stack's target, if it is one that may be tried on."""
    with live(stack_config(stack)) as planes:
        _refuse_hosted(planes.target, hosted)
        return planes.access(CALLERS)


def dumped(table: Table) -> str:
    """A table as JSON, a line for each cell."""
    lines = (json.dumps([*cell, outcome], ensure_ascii=False) for cell, outcome in sorted(table.items()))
    return "[\n" + ",\n".join(lines) + "\n]"


def stored(path: Path) -> Table:
    """A table that was dumped."""
    try:
        rows = msgspec.json.decode(path.read_bytes(), type=list[tuple[str, str, str, str, str, str]])
    except ValueError as error:
        raise OperationError(
            f"{path} is no access table ({error}); make one with `python -m operations access --json`"
        ) from None
    return {Cell(*cell): outcome for *cell, outcome in rows}


def told(table: Table) -> str:
    """A table for people: who may do what, without who may not."""
    by_object: dict[str, list[Line]] = defaultdict(list)
    for line in summary(table):
        by_object[line.object].append(line)
    return "\n".join(text for name, lines in by_object.items() for text in (name, *map(_line, lines)))


def summary(table: Table) -> Iterator[Line]:
    """The cells of a table, those of one command on one object's rows together."""
    cells: dict[tuple[str, str, str], dict[str, dict[str, str]]] = defaultdict(lambda: defaultdict(dict))
    for cell, outcome in sorted(table.items(), key=lambda each: each[0][1:]):
        cells[cell.object, cell.command, cell.row][cell.caller][cell.column] = outcome
    for key, by_caller in cells.items():
        who = {caller: what for caller, outcomes in by_caller.items() if (what := _what(outcomes))}
        if who:
            yield Line(*key, who)


def _what(outcomes: Mapping[str, str]) -> str:
    """The columns that a caller reaches, and what comes of a call."""
    open_ones = [column for column, outcome in outcomes.items() if outcome.startswith("allowed")]
    if "" in outcomes:
        return outcomes[""].replace("allowed", "yes", 1) if open_ones else ""
    if len(open_ones) == len(outcomes):
        return "every column"
    closed = [column for column in outcomes if column not in open_ones]
    return f"all but {', '.join(closed)}" if len(open_ones) > len(closed) else ", ".join(open_ones)


def _line(line: Line) -> str:
    callers: dict[str, list[str]] = defaultdict(list)
    for caller, what in line.who.items():
        callers[what].append(caller)
    who = "; ".join(f"{', '.join(names)}: {what}" for what, names in callers.items())
    return f"  {line.command} {line.row}".ljust(34) + f" {who}"


def _refuse_hosted(target: Target, hosted: bool) -> None:
    if target.kind == "hosted" and not (target.scratch or hosted):
        raise OperationError(
            f"{target} is hosted, and to try access inserts users there and locks a row of each table for a "
            "moment, though all of it is rolled back; add --hosted if that may be"
        )
