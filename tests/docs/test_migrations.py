"""The ledger of migrations, held against the program and against the sandbox's histories."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import msgspec
import pytest

from operations.documents import load_ledger
from operations.migrations import Migration, all_declared, faults

SEEDS = Path(__file__).resolve().parents[2] / "sandbox" / "seed"
HISTORY = "supabase_migrations.schema_migrations.csv"

LEDGER = load_ledger()
DECLARED = all_declared()
EMAIL = "voip:postgres:Table::public.profiles#columns.email"
COLUMN = Migration(version="1", category="B", fate="declared", objects={2: [EMAIL]})


def applied(environment: str) -> set[tuple[str, str | None]]:
    with (SEEDS / environment / HISTORY).open(encoding="utf-8", newline="") as file:
        return {(row["version"], row["name"]) for row in csv.DictReader(file)}


def test_the_program_declares_what_the_ledger_says() -> None:
    assert list(faults(LEDGER, DECLARED)) == []


def test_the_ledger_lists_each_migration_that_production_lacks_once() -> None:
    listed = [(each.version, each.name) for each in LEDGER.migrations if each.category]
    assert sorted(listed) == sorted(applied("staging") - applied("production"))
    assert len(listed) == 41


def test_the_migration_that_only_a_comment_names_is_there() -> None:
    assert [each.version for each in LEDGER.listed(None)] == ["20250930171728"]


def test_only_the_heading_of_uploads_counts_wrongly() -> None:
    stated = {letter: category.stated for letter, category in LEDGER.categories.items()}
    listed = {letter: len(LEDGER.listed(letter)) for letter in LEDGER.categories}
    assert sum(stated.values()) == 42
    assert {letter for letter in stated if stated[letter] != listed[letter]} == {"F"}


def test_the_tier_system_is_skipped() -> None:
    assert {each.fate for each in LEDGER.listed("E")} == {"skipped"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({}, None),
        (
            {"objects": {2: ["voip:postgres:Table::public.profile"]}},
            "voip:postgres:Table::public.profile is not declared; correct its key",
        ),
        ({"objects": {5: [EMAIL]}}, f"{EMAIL} does not change in phase 5; it changes in [2]"),
        (
            {"objects": {2: ["voip:postgres:Table::public.profiles#columns.mail"]}},
            "voip:postgres:Table::public.profiles#columns.mail does not change in phase 2; it changes in []",
        ),
        (
            {"objects": {8: ["voip:postgres:Trigger::auth.users/on_auth_user_created_set_trial"]}},
            "voip:postgres:Trigger::auth.users/on_auth_user_created_set_trial does not change in phase 8; "
            "it changes in [0, 4]",
        ),
        ({"category": "Z"}, "there is no category Z; use one of A, B, C, D, E, F, G, H"),
        ({"objects": {}}, "it is declared and names no objects; name some unless it is skipped"),
        (
            {"fate": "skipped", "why": "Gone."},
            "it is skipped and names objects; name some unless it is skipped",
        ),
        ({"fate": "folded"}, "it is folded without a reason; say why"),
    ],
)
def test_a_fault_is_told(change: dict[str, Any], message: str | None) -> None:
    ledger = msgspec.structs.replace(LEDGER, migrations=[msgspec.structs.replace(COLUMN, **change)])
    assert list(faults(ledger, DECLARED)) == ([f"migration 1: {message}"] if message else [])


def test_objects_without_a_migration_are_held_too() -> None:
    unattributed = msgspec.structs.replace(LEDGER.unattributed, objects={4: [EMAIL]})
    ledger = msgspec.structs.replace(LEDGER, unattributed=unattributed)
    assert list(faults(ledger, DECLARED)) == [
        f"unattributed: {EMAIL} does not change in phase 4; it changes in [2]"
    ]
