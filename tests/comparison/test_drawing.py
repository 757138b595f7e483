"""What must be there before what, laid out."""

from __future__ import annotations

from comparison.comparison import Edge
from comparison.drawing import MOST, drawing
from comparison.rows import Row, kind_of


def row(key: str, phase: int | None = 2) -> Row:
    _, kind = kind_of(key)
    return Row(plane="catalog", kind=kind, name=key.partition("::")[2], sign="missing", key=key, phase=phase)


TABLE, POLICY = "voip:postgres:Table::public.t", "voip:postgres:Policy::public.t/own"
FUNCTION, TRIGGER = "voip:postgres:Function::public.f()", "voip:postgres:Trigger::public.t/fires"


def test_a_table_stands_for_its_parts_and_before_what_needs_it() -> None:
    edges = [
        Edge(before=TABLE, after=POLICY),
        Edge(before=TABLE, after=TRIGGER),
        Edge(before=FUNCTION, after=TRIGGER),
    ]
    made = drawing([row(POLICY), row(TABLE), row(FUNCTION), row(TRIGGER)], edges)
    labels = {node.label: node for node in made.nodes}
    assert set(labels) == {"t +1", "f()", "t/fires"}
    assert len(made.lines) == 2
    assert labels["t +1"].x == labels["f()"].x < labels["t/fires"].x
    assert labels["t +1"].y != labels["f()"].y
    assert made.needs == [(labels["t/fires"], [labels["t +1"], labels["f()"]])]


def test_a_later_phase_stands_further_right() -> None:
    made = drawing([row(FUNCTION, 5), row(TABLE, 2)], [])
    assert [phase for phase, _ in made.columns] == [2, 5]
    assert made.columns[0][1] < made.columns[1][1]


def test_what_a_later_phase_changes_is_not_waited_for() -> None:
    made = drawing([row(TABLE, 7), row(FUNCTION, 4)], [Edge(before=TABLE, after=FUNCTION)])
    assert (len(made.nodes), made.lines, made.needs) == (2, [], [])


def test_what_no_phase_closes_is_not_drawn() -> None:
    assert drawing([row(TABLE, None)], []).nodes == []


def test_a_circle_ends() -> None:
    made = drawing(
        [row(TABLE), row(FUNCTION)], [Edge(before=TABLE, after=FUNCTION), Edge(before=FUNCTION, after=TABLE)]
    )
    assert len(made.nodes) == 2


def test_what_nobody_could_follow_is_told_as_a_number() -> None:
    made = drawing([row(f"voip:postgres:Table::public.t{number}") for number in range(MOST + 7)], [])
    assert (len(made.nodes), made.left_out) == (MOST, 7)
