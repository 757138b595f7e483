"""Where in the comparison a difference is told: its sections, by number."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from comparison.rows import Row
from provider.schema.postgres import Policy, Table
from provider.schema.shape import identifier
from provider.schema.snapshot import Snapshot

SECTIONS: Mapping[str, str] = {
    "1": "Tables",
    "1.1": "Tables that only one has",
    "1.2": "Tables that both have",
    "2": "Migrations",
    "2.1": "The history",
    "3": "Edge functions",
    "3.1": "Functions that only one has",
    "3.2": "Functions that both have",
    "4": "Database functions",
    "4.1": "Functions that only one has",
    "4.2": "Functions that both have",
    "5": "Row level security",
    "5.1": "Policies that go or are replaced",
    "5.2": "Commands without a policy",
    "5.3": "Policies of the area codes",
    "5.4": "Policies of tables that only one has",
    "6": "Triggers",
    "6.1": "Triggers that the first lacks",
    "6.2": "Triggers that the first alone has, or has otherwise",
    "6.3": "Triggers of tables that only one has",
    "7": "Indexes",
    "7.1": "Indexes, and the keys that have one",
    "7.2": "Indexes of the area codes",
    "8": "Constraints",
    "8.1": "Checks and foreign keys",
    "9": "Data",
    "9.1": "Users",
    "9.2": "Area codes",
    "9.3": "Area codes that the first lacks",
    "9.4": "Sessions",
    "10": "Risks",
    "11": "Secrets",
    "11.1": "Names and digests",
    "12": "Beyond the comparison",
    "12.1": "Stripe",
    "12.2": "Privileges",
    "12.3": "Whatever else a database holds",
}
"""In order. Those of one digit are headings; from 12 on, the hand-written comparison tells nothing."""

_BY_KIND = {
    "migration": "2.1",
    "secret": "11.1",
    "column": "1.2",
    "comment": "1.2",
    "privileges": "12.2",
    "default privileges": "12.2",
    "rows": "9.2",
}


def section_of(row: Row, first: Snapshot, second: Snapshot, exchanged: Iterable[str] = ()) -> str:
    """The section of a difference; `exchanged` are the tables of which one succeeds the other."""
    if found := _BY_KIND.get(row.kind):
        return found
    both = row.sign == "different"
    match row.plane, row.kind:
        case "stripe", _:
            return "12.1"
        case "functions", _:
            return "3.2" if both else "3.1"
        case _, "table":
            return "1.2" if both else "1.1"
        case _, "function":
            return "4.2" if both else "4.1"
        case _, "row":
            return "9.3" if row.sign == "missing" else "9.2"
    told: Mapping[str, Any] = row.after or row.before
    table = table_of(row)
    lonely = is_in(first, table) != is_in(second, table)
    match row.kind:
        case "policy":
            return _of_policy(row, first, "5.3" if table in exchanged else "5.4" if lonely else "")
        case "trigger":
            return "6.3" if lonely else "6.1" if row.sign == "missing" else "6.2"
        case "index":
            return "7.2" if table in exchanged else "7.1"
        case "constraint" if told["definition"].startswith(("PRIMARY", "UNIQUE", "EXCLUDE")):
            return "7.2" if table in exchanged else "7.1"
        case "constraint":
            return "8.1"
    return "12.3"


def table_of(row: Row) -> str:
    """The identifier of the table that a difference is about; of what is on none, its own."""
    if row.kind == "index":
        told = row.after or row.before
        return identifier(told.get("schema", "public"), told["table"])
    return row.key.partition("::")[2].partition("/")[0]


def is_in(snapshot: Snapshot, table: str) -> bool:
    """Whether an environment has a table."""
    return f"{Table.token}::{table}" in snapshot.objects


def _of_policy(row: Row, first: Snapshot, place: str) -> str:
    """A policy for a command that the first has none for is told apart."""
    if place or row.sign != "missing":
        return place or "5.1"
    commands = {
        each.get("command", "ALL")
        for key, each in first.objects.items()
        if key.startswith(f"{Policy.token}::{table_of(row)}/")
    }
    return "5.1" if {row.after.get("command", "ALL"), "ALL"} & commands else "5.2"


def duplicates(snapshot: Snapshot, token: str) -> list[Sequence[str]]:
    """Names of policies with one command and condition, or of triggers on one event of a table."""
    alike: dict[Any, list[str]] = {}
    ignored = {"name", "roles", "comment"} if token == Policy.token else {"name", "function", "comment"}
    for key, each in snapshot.objects.items():
        if key.startswith(f"{token}::"):
            told = repr(sorted((name, value) for name, value in each.items() if name not in ignored))
            alike.setdefault(told, []).append(key.partition("::")[2])
    return [names for names in alike.values() if len(names) > 1]
