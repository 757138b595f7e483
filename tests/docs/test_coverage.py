"""Every checkbox and rollback step of the comparison's sections 9 to 15 has a row, and a check."""

from __future__ import annotations

import pytest

from operations.documents import load_coverage

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
