"""A run on a terminal: the resources as a tree that is drawn anew while the run goes on."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from rich.ansi import AnsiDecoder
from rich.console import Console, Group
from rich.live import Live

from engine import urns
from engine.deployment.steps import Diagnostic, Event, Op, Severity, Step, StepDone, StepFailed, StepStarted
from engine.display.body import Body
from engine.display.lines import info, write_diagnostics
from engine.display.paint import Painter, width
from engine.display.summary import is_hidden
from engine.display.words import WORDS, display_type
from engine.rows import STACK_TYPE

FRAMES_PER_SECOND = 8
GAP = 2


@dataclass
class Branch:
    """One resource of the tree, with what last happened to it."""

    step: Step
    started: float
    seconds: float | None = None
    failed: bool = False
    worst: Severity | None = None
    replacement: Step | None = None
    """The step that tells what a replacement is about; the steps it consists of do not."""

    @property
    def changes(self) -> bool:
        return self.step.shown_op is not Op.SAME or self.worst is not None


@dataclass
class Tree(Body):
    """Draws while the run goes on; what is left on the screen at the end has no unchanged branches."""

    write: Callable[[str], None]
    paint: Painter
    preview: bool
    show_sames: bool = False
    _branches: dict[str, Branch] = field(default_factory=dict)
    _diagnostics: list[Diagnostic] = field(default_factory=list)
    _live: Live | None = None
    _done: bool = False

    def __rich__(self) -> Group:
        return Group(*AnsiDecoder().decode("\n".join(self.lines())))

    def begin(self) -> None:
        self._live = Live(
            self,
            console=Console(),
            refresh_per_second=FRAMES_PER_SECOND,
            transient=True,
            redirect_stderr=False,
        )
        self._live.start()

    def show(self, event: Event) -> None:
        match event:
            case StepStarted(step) if not is_hidden(step.row):
                former = self._branches.get(step.urn)
                replacement = former.replacement if former else None
                if step.op is Op.REPLACE:
                    replacement = step
                self._branches[step.urn] = Branch(step, time.monotonic(), replacement=replacement)
            case StepDone(step, seconds) if branch := self._branches.get(step.urn):
                branch.step, branch.seconds = step, seconds
            case StepFailed(step, seconds) if branch := self._branches.get(step.urn):
                branch.seconds, branch.failed = seconds, True
            case Diagnostic() if not event.ephemeral:
                self._diagnostics.append(event)
                if branch := self._branches.get(event.urn):
                    branch.worst = event.severity

    def finish(self) -> None:
        self._done = True
        self.close()
        for line in self.lines():
            self.write(line)
        self.write("")
        write_diagnostics(self._diagnostics, self.write, self.paint)

    def close(self) -> None:
        if self._live is not None:
            self._live.stop()

    def lines(self) -> list[str]:
        """The table: operation, type (as a tree), name, plan or status, info."""
        heading = [
            self.paint(text, "underline") for text in ("Type", "Name", "Plan" if self.preview else "Status")
        ]
        rows = [["  ", *heading, self.paint("Info", "underline")]]
        shown = self._shown()
        rows += [self._cells(urn, lead) for urn, lead in self._walk("", "", shown)]
        widths = [max(width(row[column]) for row in rows) for column in range(4)]
        return [" " + self._joined(row, widths) for row in rows]

    def _joined(self, row: list[str], widths: list[int]) -> str:
        cells = [cell + " " * (widths[column] - width(cell)) for column, cell in enumerate(row[:4])]
        return (cells[0] + "  " + (" " * GAP).join([*cells[1:], row[4]])).rstrip()

    def _shown(self) -> set[str]:
        """All while the run goes on; in the end what changed, and what leads there."""
        if not self._done or self.show_sames:
            return set(self._branches)
        shown: set[str] = set()
        for urn, branch in self._branches.items():
            if branch.changes or branch.step.row.type == STACK_TYPE:
                while urn in self._branches and urn not in shown:
                    shown.add(urn)
                    urn = self._branches[urn].step.row.parent
        return shown

    def _walk(self, parent: str, lead: str, shown: set[str]) -> Iterator[tuple[str, str]]:
        children = [urn for urn in self._branches if urn in shown and self._parent(urn, shown) == parent]
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
        type_ = display_type(step.row.type)
        return [
            self.paint(words.symbol, words.colour),
            lead + type_,
            urns.name_of(urn),
            self._status(branch),
            info(branch.replacement or step, self.paint),
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
            return self.paint(f"**{words.failed}**", "red")
        if branch.step.row.type == STACK_TYPE and not self._done and op is Op.SAME:
            return "running"
        if self.preview:
            return self.paint(words.plan, words.colour)
        if branch.seconds is not None:
            return self.paint(_timed(words.done, branch.seconds), words.colour)
        waited = int(time.monotonic() - branch.started)
        return self.paint(f"{words.doing} ({waited}s)" if words.doing else "", words.colour)


def _timed(text: str, seconds: float) -> str:
    if not text:
        return ""
    return f"{text} ({seconds:.2f}s)" if seconds < 1 else f"{text} ({int(seconds)}s)"
