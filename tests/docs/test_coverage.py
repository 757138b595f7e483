"""Every checkbox and rollback step of the comparison's sections 9 to 15 has a row, and a check."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from operations.documents import load_coverage
from tests.whole_run import WholeRun, named

ROWS = {"9": 3, "11": 6, "12": 77, "13": 27, "14": 54, "15": 32}
"""How many the comparison has, by section. Section 10 has risks with mitigations, and neither kind."""


@pytest.mark.parametrize("section", ROWS)
def test_a_section_is_covered(section: str) -> None:
    lists = [each for each in load_coverage() if each.id.replace(".", "-").split("-")[0] == section]
    assert sum(len(each.rows) for each in lists) == ROWS[section]


def test_no_row_stands_twice_in_a_list() -> None:
    for each in load_coverage():
        words = [row.says for row in each.rows]
        assert len(set(words)) == len(words)


def test_most_is_checked_by_a_machine() -> None:
    rows = [row for each in load_coverage() for row in each.rows]
    for_people = [row.says for row in rows if all(by.startswith(("person ", "people ")) for by in row.by)]
    assert len(rows) == sum(ROWS.values())
    assert len(for_people) <= 14


def test_a_named_test_that_did_not_pass_fails_a_whole_run() -> None:
    first, second, third = sorted(named(load_coverage()))[:3]
    run = WholeRun(frozenset({first, second, third}))

    def ended(**given: Any) -> int:
        run.pytest_runtest_logreport(SimpleNamespace(**given))  # type: ignore[arg-type]
        session = SimpleNamespace(exitstatus=0)
        run.pytest_sessionfinish(session)  # type: ignore[arg-type]
        code: int = session.exitstatus
        return code

    assert ended(nodeid=first, when="call", passed=True) == pytest.ExitCode.TESTS_FAILED
    ended(nodeid=second, when="setup", passed=True)
    ended(nodeid=third, when="call", passed=False)
    assert run.lacking == {second, third}
    ended(nodeid=f"{second}[a case]", when="call", passed=True)
    assert ended(nodeid=third, when="call", passed=True) == pytest.ExitCode.OK
