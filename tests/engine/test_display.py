"""What people see: values, details, tallies and the tree, each as text."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.deployment.diffs import PropertyDiff
from engine.deployment.steps import (
    Diagnostic,
    Op,
    OutputsRegistered,
    Severity,
    Step,
    StepDone,
    StepFailed,
    StepStarted,
)
from engine.display.details import Details, output_lines
from engine.display.digest import Digest
from engine.display.lines import Lines, info
from engine.display.paint import Painter, cut, width
from engine.display.steps_in_full import StepsInFull
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
        ({"a": Secret(1)}, {"a": Secret(2)}, True, []),
        ({"a": Secret(1)}, {"a": Secret(2)}, False, ["    a: [secret]"]),
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
    lines.finish(failed=True)
    assert written == [
        " ~  fake:index:Thing a updating (0s) [diff: +new-gone~x,y]",
        " ~  fake:index:Thing a **updating failed** [diff: +new-gone~x,y]",
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
    tree.finish(failed=False)
    assert written == [
        "     Type                    Name   Plan    Info",
        "     pulumi:pulumi:Stack     p-dev",
        "     ├─ p:index:Group        g",
        " ~   │  └─ fake:index:Thing  inner  update  [diff: ~x]",
        " +   └─ fake:index:Thing     last   create",
        "",
    ]


STACK = Row(STACK_URN, False, STACK_TYPE)
GROUP = Row("urn:pulumi:dev::p::p:index:Group::g", False, "p:index:Group", parent=STACK_URN)


def done(body: Tree | Lines | StepsInFull, step: Step) -> None:
    body.show(StepStarted(step))
    body.show(StepDone(step, 0.1))


def test_a_tree_in_progress_shows_what_runs_and_what_it_says_as_far_as_there_is_room() -> None:
    written: list[str] = []
    tree = Tree(written.append, PLAIN, preview=False, rows=9)
    tree.show(StepStarted(Step(Op.SAME, STACK, STACK)))
    tree.show(StepDone(Step(Op.SAME, STACK, STACK), 0.1))
    running = Step(Op.CREATE, None, row("running"))
    tree.show(StepStarted(running))
    for number in range(9):
        done(tree, Step(Op.UPDATE, row(f"t{number}"), row(f"t{number}")))
    tree.show(Diagnostic(Severity.INFO, "first\nsecond\n", running.urn, ephemeral=True))
    assert tree.lines() == [
        "     Type                 Name     Status           Info",
        "     pulumi:pulumi:Stack  p-dev    running",
        " +   ├─ fake:index:Thing  running  creating (0s)    second",
        " ~   ├─ fake:index:Thing  t6       updated (0.10s)",
        " ~   ├─ fake:index:Thing  t7       updated (0.10s)",
        " ~   └─ fake:index:Thing  t8       updated (0.10s)",
        "     … and 6 more",
    ]


def test_a_narrow_terminal_cuts_names_first_and_then_lines() -> None:
    written: list[str] = []
    tree = Tree(written.append, PLAIN, preview=True, columns=60)
    done(tree, Step(Op.SAME, STACK, STACK))
    done(tree, Step(Op.UPDATE, row("n" * 40, {"x": 1}), row("n" * 40, {"x": 2})))
    done(tree, Step(Op.UPDATE, row("m", {"y" * 40: 1}), row("m", {"y" * 40: 2})))
    tree.finish(failed=False)
    assert written[:4] == [
        "     Type                 Name          Plan    Info",
        "     pulumi:pulumi:Stack  p-dev",
        " ~   ├─ fake:index:Thing  nnnnnnnnnnn…  update  [diff: ~x]",
        " ~   └─ fake:index:Thing  m             update  [diff: ~yyy…",
    ]
    assert max(map(len, written)) == 60


def test_a_tree_tells_how_a_run_failed_and_counts_messages() -> None:
    written: list[str] = []
    tree = Tree(written.append, PLAIN, preview=False)
    done(tree, Step(Op.SAME, STACK, STACK))
    done(tree, Step(Op.CREATE, None, GROUP))
    step = Step(Op.CREATE, None, row("a", parent=GROUP.urn))
    tree.show(StepStarted(step))
    tree.show(StepFailed(step, 0.5))
    tree.show(Diagnostic(Severity.WARNING, "careful", step.urn))
    tree.show(Diagnostic(Severity.WARNING, "careful", step.urn))
    tree.show(Diagnostic(Severity.ERROR, "no", step.urn))
    tree.finish(failed=True)
    assert written[:4] == [
        "     Type                    Name   Status               Info",
        "     pulumi:pulumi:Stack     p-dev  **failed**",
        " +   └─ p:index:Group        g      created",
        " +      └─ fake:index:Thing  a      **creating failed**  1 error; 2 warnings",
    ]


def test_a_tree_shows_what_a_message_is_about_though_nothing_is_done_to_it() -> None:
    written: list[str] = []
    tree = Tree(written.append, PLAIN, preview=True)
    done(tree, Step(Op.SAME, STACK, STACK))
    tree.show(Diagnostic(Severity.ERROR, "refused", row("a").urn))
    tree.finish(failed=True)
    assert written[2] == "     └─ fake:index:Thing  a            1 error"


def test_lines_of_components_and_of_what_an_operation_says() -> None:
    written: list[str] = []
    lines = Lines(written.append, PLAIN, preview=False, refreshing=False)
    done(lines, Step(Op.CREATE, None, GROUP))
    step = Step(Op.CREATE, None, row("a", parent=GROUP.urn))
    lines.show(StepStarted(step))
    lines.show(Diagnostic(Severity.INFO, "half way", step.urn, ephemeral=True))
    lines.show(StepDone(step, 2.5))
    lines.show(OutputsRegistered(GROUP, None))
    lines.finish(failed=False)
    assert written == [
        " +  p:index:Group g creating (0s)",
        " +  fake:index:Thing a creating (0s)",
        " +  fake:index:Thing a creating (0s) half way",
        " +  fake:index:Thing a created (2s)",
        " +  p:index:Group g created",
    ]


def test_a_resource_that_only_gains_protection_is_shown_and_is_no_change() -> None:
    written: list[str] = []
    lines = Lines(written.append, PLAIN, preview=True, refreshing=False)
    step = Step(Op.SAME, row("a"), row("a", protect=True))
    tally = Tally()
    for event in (StepStarted(step), StepDone(step, 0)):
        lines.show(event)
        tally.add(event)
    assert written == ["    fake:index:Thing a [diff: ~protect]"]
    assert tally.changes == 0


def test_a_change_tells_no_protection_where_its_provider_says_what_it_is_about() -> None:
    step = Step(Op.UPDATE, row("a", {"x": 1}), row("a", {"x": 2}, protect=True))
    assert info(step, PLAIN) == "[diff: ~protect,x]"
    assert info(replace(step, changed_keys=["x"]), PLAIN) == "[diff: ~x]"


def test_what_stays_says_so_behind_its_operation() -> None:
    written: list[str] = []
    step = Step(Op.DELETE, row("a", {"x": 1}, retain_on_delete=True, protect=True), None)
    tree = Tree(written.append, PLAIN, preview=False)
    done(tree, step)
    done(Lines(written.append, PLAIN, preview=True, refreshing=False), step)
    done(StepsInFull(written.append, PLAIN, preview=True, refreshing=False), step)
    assert [*tree.lines(), *written] == [
        "     Type              Name  Status",
        " -   fake:index:Thing  a     deleted (0.10s)[retain]",
        " -  fake:index:Thing a delete[retain]",
        "- fake:index:Thing: (delete[retain]) 🔒",
        "    [urn=urn:pulumi:dev::p::fake:index:Thing::a]",
        "    x: 1",
    ]


def test_changed_outputs_stand_in_line_with_those_that_stay() -> None:
    before: Properties = {"id": 1, "longer": 2}
    assert output_lines(before, {"id": 3, "longer": 2}, PLAIN, preview=True) == ["  ~ id    : 1 => 3"]


def test_what_is_not_shown_in_full_takes_no_depth() -> None:
    written: list[str] = []
    full = StepsInFull(written.append, PLAIN, preview=True, refreshing=False)
    done(full, Step(Op.SAME, STACK, STACK))
    done(full, Step(Op.SAME, GROUP, GROUP))
    done(full, Step(Op.CREATE, None, row("a", {"x": 1}, parent=GROUP.urn)))
    assert written[2:] == [
        "    + fake:index:Thing: (create)",
        "        [urn=urn:pulumi:dev::p::fake:index:Thing::a]",
        "        x: 1",
    ]


def test_long_texts_show_where_something_is_left_out() -> None:
    old = "\n".join("abcdefgh")
    new = old.replace("d", "D")
    assert list(Details(PLAIN).changes({"t": old}, {"t": new}, 2)) == [
        "~ t:",
        "      ...",
        "      c",
        "    - d",
        "    + D",
        "      e",
        "      ...",
    ]


def test_the_digest_words_messages_as_the_cli_does() -> None:
    digest = Digest({})
    digest.show(Diagnostic(Severity.ERROR, "no", STACK_URN))
    digest.show(Diagnostic(Severity.INFO, "printed"))
    digest.show(Diagnostic(Severity.INFO, "on the way", ephemeral=True))
    assert digest.diagnostics == [
        {"urn": STACK_URN, "message": "error: no\n", "severity": "error"},
        {"message": "printed\n", "severity": "info"},
    ]


@pytest.mark.parametrize(("columns", "text"), [(0, "one two"), (7, "one two"), (6, "one t…"), (3, "on…")])
def test_a_text_is_cut_whatever_its_colours(columns: int, text: str) -> None:
    painted = Painter(enabled=True)("one", "red") + " two"
    assert cut("one two", columns) == text
    assert width(cut(painted, columns)) == len(text)


def test_colours_take_no_columns() -> None:
    painted = Painter(enabled=True)("text", "red")
    assert painted != "text"
    assert width(painted) == 4
