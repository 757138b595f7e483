"""The request budget, on a clock of its own."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from provider.supabase.budget import Budget
from tests.provider.supabase.conftest import Time


def told(left: int, reset: float | str) -> Mapping[str, str]:
    return {"x-ratelimit-remaining": str(left), "x-ratelimit-reset": str(reset)}


def test_nothing_is_held_back_before_anything_is_known(time: Time) -> None:
    budget = Budget(time.clock, time.sleep)
    for _ in range(100):
        budget.spend("a")
    assert time.now == 1000


def test_a_used_up_allowance_holds_back_until_it_is_renewed(time: Time) -> None:
    budget = Budget(time.clock, time.sleep)
    budget.learn("a", told(2, 30))
    waited = []
    for _ in range(4):
        budget.spend("a")
        waited.append(time.now - 1000)
    assert waited == [0, 0, 30, 30]


def test_endpoints_are_counted_apart(time: Time) -> None:
    budget = Budget(time.clock, time.sleep)
    budget.learn("a", told(0, 30))
    budget.spend("b")
    assert time.now == 1000


def test_an_answer_that_was_overtaken_gives_nothing_back(time: Time) -> None:
    budget = Budget(time.clock, time.sleep)
    budget.learn("a", told(1, 30))
    budget.spend("a")
    budget.learn("a", told(5, 30))
    budget.spend("a")
    assert time.now == 1030


def test_a_new_window_is_believed(time: Time) -> None:
    budget = Budget(time.clock, time.sleep)
    budget.learn("a", told(0, 30))
    time.now += 31
    budget.learn("a", told(119, 60))
    budget.spend("a")
    assert time.now == 1031


def test_a_refusal_holds_back_as_long_as_it_says(time: Time) -> None:
    budget = Budget(time.clock, time.sleep)
    budget.exhaust("a", 7)
    budget.spend("a")
    assert time.now == 1007


@pytest.mark.parametrize("headers", [{}, {"x-ratelimit-remaining": "0"}, told(0, "?")])
def test_an_answer_that_tells_nothing_changes_nothing(time: Time, headers: Mapping[str, str]) -> None:
    budget = Budget(time.clock, time.sleep)
    budget.learn("a", headers)
    budget.spend("a")
    assert time.now == 1000
