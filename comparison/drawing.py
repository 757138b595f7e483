"""What must be there before what, laid out to be drawn: a column for each step, from left to right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from comparison.comparison import Edge
from comparison.rows import Row
from comparison.sections import table_of

MOST = 120
"""More nodes than that nobody can follow; the rest is told as a number."""

WIDTH, HEIGHT, GAP_X, GAP_Y, MARGIN = 236, 26, 56, 8, 36

_FOLDED = {"column", "comment", "constraint", "index", "policy", "privileges", "row"}
"""What stands for itself only in the list: here it belongs to its table."""


class Node(NamedTuple):
    """One object, with what belongs to it."""

    label: str
    title: str
    sign: str
    phase: int
    x: int
    y: int


class Line(NamedTuple):
    """From the end of a node to the beginning of another."""

    x1: int
    y1: int
    x2: int
    y2: int


class Drawing(NamedTuple):
    """Everything to draw."""

    nodes: list[Node]
    lines: list[Line]
    needs: list[tuple[Node, list[Node]]]
    """The same to be read: each node at the end of a line, and those at its beginnings."""
    columns: list[tuple[int, int]]
    """Each phase, and where its first column begins."""
    width: int
    height: int
    left_out: int


class _Group(NamedTuple):
    row: Row
    parts: list[Row]


def drawing(rows: Sequence[Row], edges: Sequence[Edge]) -> Drawing:
    """Lay out what some phase closes."""
    groups = _groups([row for row in rows if row.phase is not None and row.plane != "migrations"])
    shown = dict(list(groups.items())[:MOST])
    home = {part.key: name for name, group in shown.items() for part in [group.row, *group.parts]}
    known = [
        (home[edge.before], home[edge.after]) for edge in edges if {edge.before, edge.after} <= home.keys()
    ]
    between = sorted({each for each in known if _is_before(*(shown[name].row for name in each))})
    places = _places(shown, between)
    nodes = {name: _node(group, *places[name]) for name, group in shown.items()}
    return Drawing(
        nodes=list(nodes.values()),
        lines=[_line(nodes[before], nodes[after]) for before, after in between],
        needs=_needs(nodes, between),
        columns=_columns(list(nodes.values())),
        width=max((node.x + WIDTH for node in nodes.values()), default=0) + MARGIN // 2,
        height=max((node.y + HEIGHT for node in nodes.values()), default=0) + MARGIN // 2,
        left_out=len(groups) - len(shown),
    )


def _is_before(first: Row, second: Row) -> bool:
    """What only a later phase changes is there already."""
    return first is not second and (first.phase or 0) <= (second.phase or 0)


def _groups(rows: Sequence[Row]) -> Mapping[str, _Group]:
    groups: dict[str, _Group] = {}
    tables = {f"{row.name}": row for row in rows if row.kind == "table"}
    for row in rows:
        table = table_of(row)
        if row.kind in _FOLDED:
            owner = tables.get(table, row)
            name = f"{table} {owner.phase}"
            if name in groups:
                groups[name].parts.append(row)
            else:
                groups[name] = _Group(owner, [] if owner is row else [row])
        elif row.kind == "table" and (group := groups.get(f"{row.name} {row.phase}")):
            groups[f"{row.name} {row.phase}"] = _Group(row, group.parts)
        else:
            groups[f"{row.name} {row.phase}" if row.kind == "table" else row.key] = _Group(row, [])
    return dict(sorted(groups.items(), key=lambda each: (each[1].row.phase or 0, each[0])))


def _places(groups: Mapping[str, _Group], edges: Sequence[tuple[str, str]]) -> Mapping[str, tuple[int, int]]:
    """Each node's column and row: a phase's columns follow each other by what needs what."""
    depth = dict.fromkeys(groups, 0)
    for _ in groups:  # as often as the longest chain could be long
        for before, after in edges:
            if groups[before].row.phase == groups[after].row.phase:
                depth[after] = max(depth[after], min(depth[before] + 1, len(groups)))
    order = sorted({(groups[name].row.phase or 0, depth[name]) for name in groups})
    held = dict.fromkeys(order, 0)
    places = {}
    for name, group in groups.items():
        column = (group.row.phase or 0, depth[name])
        places[name] = (order.index(column), held[column])
        held[column] += 1
    return places


def _node(group: _Group, column: int, row: int) -> Node:
    own, parts = group
    folded = own.kind in _FOLDED
    name = table_of(own) if folded else own.name
    kind = "table" if folded else own.kind
    shown = f"rows of {name}" if kind == "rows" else name
    more = len(parts) + folded
    return Node(
        label=_short(shown.replace("public.", "")) + (f" +{more}" if more else ""),
        title=f"{kind} {name}" + (f", with {more} of its parts" if more else ""),
        sign="different" if folded else own.sign,
        phase=own.phase or 0,
        x=MARGIN // 2 + column * (WIDTH + GAP_X),
        y=MARGIN + row * (HEIGHT + GAP_Y),
    )


def _short(name: str) -> str:
    return name if len(name) <= 27 else f"{name[:12]}…{name[-14:]}"


def _line(before: Node, after: Node) -> Line:
    return Line(before.x + WIDTH, before.y + HEIGHT // 2, after.x, after.y + HEIGHT // 2)


def _needs(nodes: Mapping[str, Node], between: Sequence[tuple[str, str]]) -> list[tuple[Node, list[Node]]]:
    found = (
        (node, [nodes[before] for before, after in between if after == name]) for name, node in nodes.items()
    )
    return [(node, needed) for node, needed in found if needed]


def _columns(nodes: Sequence[Node]) -> list[tuple[int, int]]:
    first: dict[int, int] = {}
    for node in nodes:
        first[node.phase] = min(node.x, first.get(node.phase, node.x))
    return sorted(first.items())
