"""The CLI's words, symbols and colours for each operation."""

from __future__ import annotations

from dataclasses import dataclass

from engine.deployment.steps import Op


@dataclass(frozen=True)
class Words:
    symbol: str
    colour: str
    plan: str
    doing: str
    done: str
    failed: str
    total: str
    """Past tense of a summary."""


def _words(symbol: str, colour: str, plan: str, doing: str, done: str, total: str = "") -> Words:
    return Words(symbol, colour, plan, doing, done, f"{doing.split(' ')[0]} failed", total or done)


WORDS: dict[Op, Words] = {
    Op.SAME: Words("  ", "", "", "", "", "failed", "samed"),
    Op.CREATE: _words("+ ", "green", "create", "creating", "created"),
    Op.UPDATE: _words("~ ", "yellow", "update", "updating", "updated"),
    Op.DELETE: _words("- ", "red", "delete", "deleting", "deleted"),
    Op.REPLACE: _words("+-", "magenta", "replace", "replacing", "replaced"),
    Op.CREATE_REPLACEMENT: _words(
        "++", "green", "create replacement", "creating replacement", "created replacement"
    ),
    Op.DELETE_REPLACED: _words("--", "red", "delete original", "deleting original", "deleted original"),
    Op.READ: _words("> ", "cyan", "read", "reading", "read"),
    Op.READ_REPLACEMENT: _words(
        ">>", "magenta", "read for replacement", "reading for replacement", "read for replacement"
    ),
    Op.READ_DISCARD: _words("< ", "red", "discard", "discarding", "discarded"),
    Op.DISCARD_REPLACED: _words("<<", "red", "discard original", "discarding original", "discarded original"),
    Op.REMOVE_PENDING_REPLACE: Words("~ ", "", "", "", "", "", ""),
    Op.REFRESH: _words("~ ", "yellow", "refreshing", "refreshing", "refresh", "refreshed"),
    Op.IMPORT: _words("= ", "blue", "import", "importing", "imported"),
    Op.IMPORT_REPLACEMENT: _words(
        "=>", "magenta", "import replacement", "importing replacement", "imported replacement"
    ),
}

SUMMARY_ORDER = [
    Op.CREATE,
    Op.UPDATE,
    Op.DELETE,
    Op.REPLACE,
    Op.CREATE_REPLACEMENT,
    Op.DELETE_REPLACED,
    Op.DISCARD_REPLACED,
    Op.REFRESH,
    Op.IMPORT,
    Op.IMPORT_REPLACEMENT,
]
"""Reads and discards are no changes of the stack."""


def display_type(type_: str) -> str:
    """`aws:s3:Bucket` for `aws:s3/bucket:Bucket`."""
    parts = type_.split(":")
    if len(parts) == 3:
        parts[1] = parts[1].split("/", 1)[0]
    return ":".join(parts)
