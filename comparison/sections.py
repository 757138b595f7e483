"""Where in the comparison a difference is told: its sections, by number."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from comparison.rows import Row
from provider.schema.postgres import Policy, Rows, Table
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


class Places(NamedTuple):
    """What of both environments decides where a difference is told."""

    first: frozenset[str]
    """The tables of the first environment."""
    second: frozenset[str]
    commands: Mapping[str, set[str]]
    """By table: for which commands the first has a policy."""
    exchanged: frozenset[str]
    """Tables of which one succeeds the other."""

    @classmethod
    def of(cls, first: Snapshot, second: Snapshot, references: Iterable[Rows]) -> Places:
        """Of two snapshots."""
        commands: dict[str, set[str]] = {}
        for key, each in first.objects.items():
            if key.startswith(f"{Policy.token}::"):
                commands.setdefault(_table(key), set()).add(each.get("command", "ALL"))
        exchanged = {
            table for each in references if each.predecessor for table in (each.id, each.predecessor.table)
        }
        return cls(_tables(first), _tables(second), commands, frozenset(exchanged))

    def lonely(self, table: str) -> bool:
        """Whether only one of both has a table."""
        return (table in self.first) != (table in self.second)

    def new(self, table: str) -> bool:
        """Whether only the second has it."""
        return table in self.second - self.first


def section_of(row: Row, places: Places) -> str:
    """The section of a difference."""
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
    return _on_table(row, places)


def _on_table(row: Row, places: Places) -> str:
    told: Mapping[str, Any] = row.after or row.before
    table = table_of(row)
    of_area_codes = table in places.exchanged
    match row.kind:
        case "policy" if of_area_codes:
            return "5.3"
        case "policy" if places.lonely(table):
            return "5.4"
        case "policy":
            return "5.2" if row.sign == "missing" and _without(told, table, places) else "5.1"
        case "trigger" if places.lonely(table):
            return "6.3"
        case "trigger":
            return "6.1" if row.sign == "missing" else "6.2"
        case "constraint" if told["definition"].startswith(("CHECK", "FOREIGN KEY")):
            return "8.1"
        case "index" | "constraint":
            return "7.2" if of_area_codes else "7.1"
    return "12.3"


def _without(told: Mapping[str, Any], table: str, places: Places) -> bool:
    """Whether a policy is for a command that the first has none for."""
    return not {told.get("command", "ALL"), "ALL"} & places.commands.get(table, set())


def table_of(row: Row) -> str:
    """The identifier of the table that a difference is about; of what is on none, its own."""
    if row.kind == "index":
        told = row.after or row.before
        return identifier(told.get("schema", "public"), told["table"])
    return _table(row.key)


def _table(key: str) -> str:
    return key.partition("::")[2].partition("/")[0]


def _tables(snapshot: Snapshot) -> frozenset[str]:
    return frozenset(_table(key) for key in snapshot.objects if key.startswith(f"{Table.token}::"))


def duplicates(snapshot: Snapshot, token: str) -> list[Sequence[str]]:
    """Names of policies with one command and condition, or of triggers on one event of a table."""
    alike: dict[Any, list[str]] = {}
    ignored = {"name", "roles", "comment"} if token == Policy.token else {"name", "function", "comment"}
    for key, each in snapshot.objects.items():
        if key.startswith(f"{token}::"):
            told = repr(sorted((name, value) for name, value in each.items() if name not in ignored))
            alike.setdefault(told, []).append(key.partition("::")[2])
    return [names for names in alike.values() if len(names) > 1]
