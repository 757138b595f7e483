"""The verification lists: whole, unambiguous, and refused by name where they are not."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from components import checks
from components.billing import EVENTS
from components.checks import ChecksError, items, tried
from provider.schema.rollout import Sold
from settings import LAST_PHASE

PHASES = range(LAST_PHASE + 1)


@pytest.mark.parametrize("phase", PHASES)
def test_each_item_is_tried_in_sql_or_seen_by_a_person(phase: int) -> None:
    assert items(phase)
    for item in items(phase):
        assert item.id.startswith(f"{phase}."), item.id
        ways = [item.steps, item.stripe, item.asked, item.person]
        assert [bool(way) for way in ways].count(True) == 1, item.id
        assert item.until > phase, item.id


def test_no_two_items_share_an_id() -> None:
    ids = [item.id for phase in PHASES for item in items(phase)]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("phase", PHASES)
def test_each_check_expects_something(phase: int) -> None:
    for check in tried(phase, phase):
        expected = [(step.rows, step.changes, step.refused, step.uses) for step in check.steps]
        in_sql = any(value is not None for values in expected for value in values)
        assert in_sql or check.asked or check.stripe not in (None, Sold()), check.id


@pytest.mark.parametrize("phase", PHASES)
def test_rows_are_asked_for_in_an_order(phase: int) -> None:
    for check in tried(phase, phase):
        for step in check.steps:
            assert step.rows is None or len(step.rows) < 2 or "ORDER BY" in step.sql, step.sql


def test_the_webhook_is_to_be_told_of_what_is_declared() -> None:
    events = [check.stripe.events for check in tried(5, 5) if check.stripe and check.stripe.endpoint]
    assert events == [list(EVENTS)]


def test_a_check_holds_until_its_phase_lets_it_go() -> None:
    before, after = ({check.id for check in tried(2, at)} for at in (7, 8))
    assert before - after == {"2.lerg-codes-kept"}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the lists to be damaged."""
    shutil.copytree(checks.CHECKS, tmp_path / "checks")
    monkeypatch.setattr(checks, "CHECKS", tmp_path / "checks")
    _forget()
    yield tmp_path / "checks"
    _forget()


def _forget() -> None:
    checks.items.cache_clear()
    checks._vocabulary.cache_clear()


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("phase_4.yaml", "as: anonymous", "as: nobody", "4.unauthorized acts as 'nobody'; common.yaml knows"),
        ("phase_4.yaml", "given: [a user]", "given: [a guest]", "4.sign-up needs 'a guest', which common"),
        ("phase_4.yaml", "item:", "itm:", "sql/checks/phase_4.yaml: Object"),
        ("phase_4.yaml", "- id: 4.sign-up", "- id: [", "sql/checks/phase_4.yaml: "),
        ("common.yaml", "role: anon,", "rule: anon,", "sql/checks/common.yaml: Object"),
    ],
)
def test_a_mistake_is_told_with_its_file(folder: Path, file: str, old: str, new: str, message: str) -> None:
    text = (folder / file).read_text("utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(ChecksError) as raised:
        list(tried(4, 4))
    assert str(raised.value).startswith(message)
