"""A run on a terminal: the resources as a tree that is drawn anew while the run goes on."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from rich.ansi import AnsiDecoder
from rich.console import Console, Group
from rich.live import Live

from engine import urns
from engine.deployment.steps import (
    Diagnostic,
    Event,
    Op,
    OutputsRegistered,
    Severity,
    Step,
    StepDone,
    StepFailed,
    StepStarted,
)
from engine.display.body import Body
from engine.display.lines import changes_protection, failure, info, retention
from engine.display.messages import Messages
from engine.display.paint import Painter, cut, width
from engine.display.summary import is_hidden
from engine.display.words import WORDS, display_type
from engine.rows import STACK_TYPE, Row

FRAMES_PER_SECOND = 8
GAP = "  "
SHORTEST_NAME, SHORTEST_INFO = 12, 24
"""Columns that a narrow terminal leaves for names and for the info, whatever else there is to show."""
LINES_AROUND = 4
"""Lines of a screen that a tree in progress leaves free."""


@dataclass
class Branch:
    """One resource of the tree, with what last happened to it."""

    step: Step
    started: float
    seconds: float | None = None
    failed: bool = False
    said: str = ""
    """The last line of what its operation writes."""
    replacement: Step | None = None
    """The step that tells what a replacement is about; the steps it consists of do not."""

    @property
    def is_stack(self) -> bool:
        return self.step.row.type == STACK_TYPE

    @property
    def changes(self) -> bool:
        return self.step.shown_op is not Op.SAME or changes_protection(self.step)


@dataclass
class Tree(Body):
    """Draws while the run goes on; what is left on the screen at the end has no unchanged branches."""

    write: Callable[[str], None]
    paint: Painter
    preview: bool
    show_sames: bool = False
    columns: int = 0
    """Of the terminal; 0 for as many as it takes."""
    rows: int = 0
    _branches: dict[str, Branch] = field(default_factory=dict)
    """By URN, those last that something happened to last."""
    _order: dict[str, int] = field(default_factory=dict)
    _messages: Messages = field(default_factory=Messages)
    _live: Live | None = None
    _done: bool = False

    def __rich__(self) -> Group:
        return Group(*AnsiDecoder().decode("\n".join(self.lines())))

    def begin(self) -> None:
        console = Console()
        self.columns, self.rows = console.size
        self._live = Live(
            self, console=console, refresh_per_second=FRAMES_PER_SECOND, transient=True, redirect_stderr=False
        )
        self._live.start()

    def show(self, event: Event) -> None:
        match event:
            case StepStarted(step) if not is_hidden(step.row):
                former = self._branches.pop(step.urn, None)
                replacement = former.replacement if former else None
                if step.op is Op.REPLACE:
                    replacement = step
                self._order.setdefault(step.urn, len(self._order))
                self._branches[step.urn] = Branch(step, time.monotonic(), replacement=replacement)
            case StepDone(step, seconds) if branch := self._touched(step.urn):
                branch.step = step
                if step.row.custom or step.new is None or step.op is Op.REFRESH:
                    branch.seconds = seconds
            case StepFailed(step, seconds) if branch := self._touched(step.urn):
                branch.seconds, branch.failed = seconds, True
            case OutputsRegistered(row, _) if branch := self._touched(row.urn):
                branch.seconds = time.monotonic() - branch.started
            case Diagnostic():
                self._messages.add(event)
                self._make_room(event.urn)
                if (branch := self._touched(event.urn)) and event.severity is Severity.INFO:
                    branch.said = event.message.rstrip("\n").rpartition("\n")[2]

    def _make_room(self, urn: str) -> None:
        """A branch for what a message is about though nothing was done to it, as where inputs are refused."""
        stack = next((urn for urn, branch in self._branches.items() if branch.is_stack), "")
        if urn in self._branches or not (urn and stack):
            return
        row = Row(urn, True, urns.type_of(urn), parent=stack)
        if not is_hidden(row):
            self._order.setdefault(urn, len(self._order))
            self._branches[urn] = Branch(Step(Op.SAME, row, row), time.monotonic())

    def _touched(self, urn: str) -> Branch | None:
        """The branch, which becomes the last one that something happened to."""
        if branch := self._branches.pop(urn, None):
            self._branches[urn] = branch
        return branch

    def finish(self, *, failed: bool) -> None:
        self.close()  # while what it draws a last time fits the screen, since it takes it away again
        self._done = True
        for branch in self._branches.values():
            if branch.seconds is None:
                branch.seconds = time.monotonic() - branch.started
            if branch.is_stack and failed and not self.preview:
                branch.failed = True
        for line in self.lines():
            self.write(line)
        self.write("")
        self._messages.write(self.write, self.paint)

    def close(self) -> None:
        if self._live is not None:
            self._live.stop()

    def lines(self) -> list[str]:
        """The table: operation, type (as a tree), name, plan or status, and info where there is any."""
        shown = self._shown()
        rows = [self._cells(urn, lead) for urn, lead in self._walk("", "", shown)]
        if not rows:
            return []
        heading = ["  ", "Type", "Name", "Plan" if self.preview else "Status", "Info"]
        if not any(row[4] for row in rows):
            heading[4] = ""
        rows.insert(0, [self.paint(text, "underline") if text.strip() else text for text in heading])
        lines = [cut(" " + line, self.columns) for line in self._joined(rows)]
        hidden = len(self._branches) - len(shown)
        return [*lines, f"     … and {hidden} more"] if hidden and not self._done else lines

    def _joined(self, rows: list[list[str]]) -> list[str]:
        widths = [max(width(row[column]) for row in rows) for column in range(4)]
        if self.columns:
            info_width = min(SHORTEST_INFO, max(width(row[4]) for row in rows))
            rest = widths[0] + widths[1] + widths[3] + info_width + 4 * len(GAP) + 1
            widths[2] = min(widths[2], max(SHORTEST_NAME, self.columns - rest))
        return [GAP.join([*map(_padded, row[:4], widths), row[4]]).rstrip() for row in rows]

    def _shown(self) -> set[str]:
        """What there is room for while the run goes on; in the end what changed, and what leads there."""
        if not self._done:
            return self._latest(self.rows - LINES_AROUND if self.rows else len(self._branches))
        if self.show_sames:
            return set(self._branches)
        shown: set[str] = set()
        for urn, branch in self._branches.items():
            if branch.changes or branch.failed or branch.is_stack or self._messages.count(urn, self.paint):
                shown |= self._with_parents(urn)
        return shown

    def _latest(self, room: int) -> set[str]:
        """What runs, and what happened last."""
        latest_first = [*reversed(self._branches)]
        latest_first.sort(key=lambda urn: self._branches[urn].seconds is not None)
        shown: set[str] = set()
        for urn in latest_first:
            more = shown | self._with_parents(urn)
            if len(more) <= room:
                shown = more
        return shown

    def _with_parents(self, urn: str) -> set[str]:
        found: set[str] = set()
        while urn in self._branches:
            found.add(urn)
            urn = self._branches[urn].step.row.parent
        return found

    def _walk(self, parent: str, lead: str, shown: set[str]) -> Iterator[tuple[str, str]]:
        children = sorted(
            (urn for urn in shown if self._parent(urn, shown) == parent), key=self._order.__getitem__
        )
        for index, urn in enumerate(children):
            last = index == len(children) - 1
            is_root = parent == ""
            yield urn, "" if is_root else lead + ("└─ " if last else "├─ ")
            yield from self._walk(urn, "" if is_root else lead + ("   " if last else "│  "), shown)

    def _parent(self, urn: str, shown: set[str]) -> str:
        parent = self._branches[urn].step.row.parent
        return parent if parent in shown else ""

    def _cells(self, urn: str, lead: str) -> list[str]:
        branch = self._branches[urn]
        step, words = branch.step, WORDS[self._op(branch)]
        said = (
            branch.said
            if branch.seconds is None and not self._done
            else self._messages.count(urn, self.paint)
        )
        return [
            self.paint(words.symbol, words.colour),
            lead + display_type(step.row.type),
            urns.name_of(urn),
            self._status(branch) + retention(step),
            "; ".join(text for text in (info(branch.replacement or step, self.paint), said) if text),
        ]

    def _op(self, branch: Branch) -> Op:
        op = branch.step.shown_op
        if (
            (self.preview or self._done)
            and not branch.failed
            and op in (Op.CREATE_REPLACEMENT, Op.DELETE_REPLACED)
        ):
            return Op.REPLACE
        return op

    def _status(self, branch: Branch) -> str:
        op = self._op(branch)
        words = WORDS[op]
        if branch.failed:
            return self.paint(failure(op), "red")
        if branch.is_stack and not self._done and op is Op.SAME:
            return "running"
        if self.preview or not words.doing:
            return self.paint(words.plan, words.colour)
        if branch.seconds is None:
            waited = int(time.monotonic() - branch.started)
            return self.paint(f"{words.doing} ({waited}s)", words.colour)
        # How long it takes to make a component is up to what it holds.
        timed = branch.step.row.custom or branch.is_stack or op is Op.DELETE
        return self.paint(_timed(words.done, branch.seconds) if timed else words.done, words.colour)


def _padded(cell: str, columns: int) -> str:
    cell = cut(cell, columns)
    return cell + " " * (columns - width(cell))


def _timed(text: str, seconds: float) -> str:
    return f"{text} ({seconds:.2f}s)" if seconds < 1 else f"{text} ({int(seconds)}s)"
