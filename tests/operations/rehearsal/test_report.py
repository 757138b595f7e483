"""What is made of what was seen in a rehearsal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from operations.rehearsal import rows
from operations.rehearsal.pages import page, text
from operations.rehearsal.report import Report, Step, held, slowest, summed, waits, within
from operations.rehearsal.rows import Change, changes
from operations.rehearsal.statements import parsed
from operations.rehearsal.users import Call
from operations.rehearsal.watch import Hold
from provider.postgres.statement import Lock
from sandbox.databases import Target
from settings import load_settings

CALLS = [
    Call("read profile", 0.1, 0.010, ""),
    Call("look up", 0.4, 0.300, ""),
    Call("read profile", 0.6, 0.020, "an empty answer"),
    Call("read profile", 1.2, 0.005, ""),
]
HOLDS = [
    Hold("public.profiles", Lock.ACCESS_EXCLUSIVE, 0.2, 0.0),
    Hold("public.profiles", Lock.ACCESS_EXCLUSIVE, 0.9, 0.040),
    Hold("public.lerg_codes", Lock.SHARE_UPDATE_EXCLUSIVE, 0.3, 2.0),
]
LOG = (Path(__file__).parent / "postgres.txt").read_text("utf-8")


def report(**given: Any) -> Report:
    step = Step(phase=1, title="Preparation", at=0.0, seconds=1.0, rows={"public.profiles": 15})
    values: dict[str, Any] = {
        "environment": "production",
        "source": "a dump",
        "began": "2026-11-28T03:20:00+00:00",
        "seconds": 1.5,
        "rate": 3.0,
        "reached_rate": 2.7,
        "rows": {"public.profiles": 14},
        "steps": [step],
        "calls": list(summed(CALLS[:2])),
        "waits": waits(CALLS, 1.5),
        "problems": {},
        "locks": held(HOLDS),
        "slowest": slowest(parsed(LOG, "a")),
        "changes": [Change("public.profiles", "role", 2, declared=True)],
    }
    return Report(**{**values, **given})


@pytest.mark.parametrize(
    ("given", "well"),
    [
        ({}, True),
        ({"problems": {"look up: an empty answer": 1}}, False),
        ({"changes": [Change("public.profiles", "role", 2, declared=False)]}, False),
        ({"again": "error: 3 changes"}, False),
    ],
)
def test_a_team_can_go_ahead_where_nobody_noticed(given: dict[str, Any], well: bool) -> None:
    assert report(**given).well == well


def test_nor_where_a_phase_failed() -> None:
    failed = msgspec.structs.replace(report().steps[0], problem="error: the gate <b>says</b> no")
    told = report(steps=[failed])
    assert not told.well
    assert "failed: error: the gate <b>says</b> no" in text(told)
    assert "the gate &lt;b&gt;says&lt;/b&gt; no" in page(told)
    assert "It did not go well" in page(told)


def test_calls_are_summed_by_kind() -> None:
    look_up, profile = summed(CALLS)
    assert (look_up.kind, look_up.count, look_up.failed, look_up.longest) == ("look up", 1, 0, 0.3)
    assert (profile.count, profile.failed, profile.median, profile.p99) == (3, 1, 0.010, 0.020)


def test_a_call_counts_for_every_phase_in_which_it_waits() -> None:
    assert [call.at for call in within(CALLS, 0.5, 1.0)] == [0.4, 0.6]
    assert waits(CALLS, 1.5) == [0.3, 0.02, 0.005, 0.0]


def test_locks_are_told_with_the_strongest_first() -> None:
    strong, weak = held(HOLDS)
    assert (strong.lock, strong.table, strong.blocks) == ("ACCESS EXCLUSIVE", "public.profiles", True)
    assert (strong.times, strong.longest) == (2, 0.040)
    assert (weak.lock, weak.blocks, weak.longest) == ("SHARE UPDATE EXCLUSIVE", False, 2.0)


def test_the_log_tells_what_the_updates_of_one_copy_sent() -> None:
    sent = list(parsed(LOG, "a"))
    assert [(each.seconds, each.text) for each in sent] == [
        (0.0125, "ALTER TABLE public.profiles ADD COLUMN email text"),
        (0.00025, "SELECT 3"),
    ]
    assert [each.text for each in slowest(sent[::-1])] == [each.text for each in sent]


def test_what_differs_of_users_is_told_by_column() -> None:
    before: list[rows.Row] = [
        ("a", {"role": None, "note": 1}),
        ("b", {"role": "admin", "note": 1}),
        ("d", {"role": "user", "note": 1}),
    ]
    after: list[rows.Row] = [
        ("a", {"role": "user", "note": 1, "new": 0}),
        ("c", {"role": "user", "note": 1}),
        ("d", {"role": "user", "note": 1}),
    ]
    settings = load_settings({"voip:environment": "production"})
    assert list(changes("public.profiles", before, after, settings)) == [
        Change("public.profiles", "note", 1, declared=False),
        Change("public.profiles", "role", 2, declared=True),
    ]
    assert list(changes("public.profiles", before, before, settings)) == []
    assert [each.rows for each in changes("public.profiles", before, [], settings)] == [3, 3]


def test_users_are_written_down_as_they_are(production_copy: Target, tmp_path: Path) -> None:
    files = rows.write_users(production_copy.database_url, tmp_path)
    assert files.keys() == {"auth.users", "public.profiles"}
    for table, file in files.items():
        written = list(rows.written_users(file))
        assert len(written) == 14
        assert written == list(rows.live_users(production_copy.database_url, table))
        assert [identifier for identifier, _ in written] == sorted(row["id"] for _, row in written)


def test_the_page_needs_nothing_from_elsewhere() -> None:
    told = page(report())
    assert "It went well" in told
    assert "http" not in told.replace("http-equiv", "")
    assert "under 20 ms" in page(report(locks=held(HOLDS[:1])))
