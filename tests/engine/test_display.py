"""What people see: values, details, tallies and the tree, each as text."""

from __future__ import annotations

import pytest

from engine.deployment.diffs import PropertyDiff
from engine.deployment.steps import Diagnostic, Op, Severity, Step, StepDone, StepFailed, StepStarted
from engine.display.details import Details, output_lines
from engine.display.lines import Lines
from engine.display.paint import Painter, width
from engine.display.summary import Tally, duration_text
from engine.display.tree import Tree
from engine.display.values import jsonable, one_line, summary
from engine.display.words import display_type
from engine.redactor import Redactor
from engine.rows import STACK_TYPE, Row
from engine.values import UNKNOWN, Properties, ResourceReference, Secret, Value

PLAIN = Painter(enabled=False)
STACK_URN = "urn:pulumi:dev::p::pulumi:pulumi:Stack::p-dev"


def row(name: str, inputs: Properties | None = None, parent: str = STACK_URN, **fields: Value) -> Row:
    return Row(
        f"urn:pulumi:dev::p::fake:index:Thing::{name}",
        True,
        "fake:index:Thing",
        inputs=inputs or {},
        parent=parent,
        **fields,
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "<null>"),
        (True, "true"),
        (1.5, "1.5"),
        ("two\nlines", '"two\\nlines"'),
        (UNKNOWN, "[unknown]"),
        (Secret({"a": 1}), "[secret]"),
        (ResourceReference("urn:x", "id"), '"urn:x"'),
        ({"b": [1, Secret(2)], "a": UNKNOWN}, "{a: [unknown], b: [1, [secret]]}"),
    ],
)
def test_one_line(value: Value, text: str) -> None:
    assert one_line(value) == text


def test_a_summary_is_cut() -> None:
    assert len(summary("x" * 500)) == 80


def test_json_shows_secrets_on_demand_alone() -> None:
    value = {"a": Secret({"b": "x"}), "c": [UNKNOWN]}
    assert jsonable(value)["a"] == "[secret]"
    assert jsonable(value, show_secrets=True)["a"] == {"b": "x"}
    assert jsonable(value)["c"] == ["04da6b54-80e4-46f7-96ec-b56ff0331ba9"]


def test_known_secrets_vanish_from_messages_the_longest_first() -> None:
    redactor = Redactor()
    redactor.learn(
        {"a": Secret("hunter2"), "b": [Secret({"c": "hunter2-and-more"})], "d": Secret("ab"), "e": "seen"}
    )
    assert redactor.clean("hunter2-and-more hunter2 ab seen") == "[secret] [secret] ab seen"


def test_each_line_of_a_secret_vanishes_too() -> None:
    redactor = Redactor()
    redactor.learn(Secret("BEGIN KEY\nMIIEvQIBADAN\n}\n"))
    assert redactor.clean("1: MIIEvQIBADAN }") == "1: [secret] }"


def test_changes_in_full() -> None:
    olds = {
        "gone": 1,
        "kept": 2,
        "list": [1, 2],
        "map": {"x": 1, "y": 1},
        "sql": "a\nb\nc\n",
        "secret": Secret(1),
    }
    news = {
        "new": [True],
        "kept": 2,
        "list": [1, 3, 4],
        "map": {"x": 2, "y": 1},
        "sql": "a\nB\nc\n",
        "secret": Secret(2),
    }
    assert "\n".join(Details(PLAIN).changes(olds, news, 4)) == (
        "  - gone  : 1\n"
        "  ~ list  : [\n"
        "        [0]: 1\n"
        "      ~ [1]: 2 => 3\n"
        "      + [2]: 4\n"
        "    ]\n"
        "  ~ map   : {\n"
        "      ~ x: 1 => 2\n"
        "    }\n"
        "  + new   : [\n"
        "      + [0]: true\n"
        "    ]\n"
        "  ~ secret: [secret] => [secret]\n"
        "  ~ sql   :\n"
        "        ...\n"
        "        a\n"
        "      - b\n"
        "      + B\n"
        "        c"
    )


@pytest.mark.parametrize(
    ("before", "news", "preview", "lines"),
    [
        (None, {"a": 1}, True, ["    a: 1"]),
        ({}, {"a": 1}, True, ["  + a: 1"]),
        ({"a": 1}, {"a": 1}, True, []),
        ({"a": 1}, {"a": 1}, False, ["    a: 1"]),
        ({"a": 1}, {"a": UNKNOWN}, True, []),
        ({"a": 1}, {"a": 2, "b": Secret("x")}, False, ["  ~ a: 1 => 2", "  + b: [secret]"]),
        ({"a": 1}, {}, True, ["  - a: 1"]),
    ],
)
def test_outputs(before: Properties | None, news: Properties, preview: bool, lines: list[str]) -> None:
    assert output_lines(before, news, PLAIN, preview=preview) == lines


def test_a_replacement_counts_once_and_default_providers_not_at_all() -> None:
    provider = Row("urn:pulumi:dev::p::pulumi:providers:fake::default", True, "pulumi:providers:fake")
    tally = Tally()
    for op in (Op.CREATE_REPLACEMENT, Op.REPLACE, Op.DELETE_REPLACED, Op.SAME, Op.CREATE):
        tally.add(StepDone(Step(op, row("a"), row("a")), 0))
    tally.add(StepDone(Step(Op.CREATE, None, provider), 0))
    assert tally.lines(PLAIN, preview=True) == [
        "Resources:",
        "    + 1 to create",
        "    +-1 to replace",
        "    2 changes. 1 unchanged",
    ]


@pytest.mark.parametrize("refreshing", [False, True])
def test_what_a_refresh_finds_counts_in_a_refresh_alone(refreshing: bool) -> None:
    tally = Tally(refreshing)
    tally.add(StepDone(Step(Op.REFRESH, row("a"), None, result_op=Op.DELETE), 0))
    assert tally.changes == int(refreshing)


@pytest.mark.parametrize(("seconds", "text"), [(0.2, "1s"), (59.5, "1m0s"), (65, "1m5s"), (3605, "1h0m5s")])
def test_durations_round_up(seconds: float, text: str) -> None:
    assert duration_text(seconds) == text


def test_type_names_leave_the_file_out() -> None:
    assert display_type("aws:s3/bucket:Bucket") == "aws:s3:Bucket"
    assert display_type("a component") == "a component"


def test_lines_of_an_update() -> None:
    written: list[str] = []
    lines = Lines(written.append, PLAIN, preview=False, refreshing=False)
    old, new = row("a", {"x": 1, "y": [1], "gone": 1}), row("a", {"x": 2, "y": [2], "new": 1})
    step = Step(Op.UPDATE, old, new)
    lines.show(StepStarted(step))
    lines.show(StepFailed(step, 0.25))
    lines.show(Diagnostic(Severity.ERROR, "no\nluck", new.urn))
    lines.finish()
    assert written == [
        " ~  fake:index:Thing a updating (0s) [diff: +new-gone~x,y]",
        " ~  fake:index:Thing a **updating failed** (0.25s) [diff: +new-gone~x,y]",
        "Diagnostics:",
        "  fake:index:Thing (a):",
        "    error: no",
        "    luck",
        "",
    ]


def test_the_providers_paths_decide_what_a_line_shows() -> None:
    written: list[str] = []
    lines = Lines(written.append, PLAIN, preview=True, refreshing=False)
    detailed = {"y[0].z": PropertyDiff("add"), "x": PropertyDiff("update-replace")}
    lines.show(StepStarted(Step(Op.UPDATE, row("a", {"q": 1}), row("a", {"q": 2}), detailed=detailed)))
    assert written == [" ~  fake:index:Thing a update [diff: ~x,y]"]


def test_the_tree_shows_changes_and_what_leads_to_them() -> None:
    written: list[str] = []
    tree = Tree(written.append, PLAIN, preview=True)
    stack = Row(STACK_URN, False, STACK_TYPE)
    group = Row("urn:pulumi:dev::p::p:index:Group::g", False, "p:index:Group", parent=STACK_URN)
    quiet = row("quiet")
    inner = row("inner", {"x": 2}, group.urn)
    steps = [
        Step(Op.SAME, stack, stack),
        Step(Op.SAME, group, group),
        Step(Op.SAME, quiet, quiet),
        Step(Op.UPDATE, row("inner", {"x": 1}, group.urn), inner),
        Step(Op.CREATE, None, row("last")),
    ]
    for step in steps:
        tree.show(StepStarted(step))
        tree.show(StepDone(step, 0.1))
    tree.finish()
    assert written == [
        "     Type                    Name   Plan    Info",
        "     pulumi:pulumi:Stack     p-dev",
        "     ├─ p:index:Group        g",
        " ~   │  └─ fake:index:Thing  inner  update  [diff: ~x]",
        " +   └─ fake:index:Thing     last   create",
        "",
    ]


def test_colours_take_no_columns() -> None:
    painted = Painter(enabled=True)("text", "red")
    assert painted != "text"
    assert width(painted) == 4
