"""One run's display: it takes the events, and writes in the form that was asked for."""

from __future__ import annotations

import argparse
import sys
import time
from types import TracebackType
from typing import Protocol

from engine.deployment.deploy import Result, Stack
from engine.deployment.steps import Diagnostic, Event, OutputsRegistered, StepDone, StepStarted
from engine.display.digest import Digest
from engine.display.lines import Lines
from engine.display.outputs import output_lines
from engine.display.summary import Tally, duration_text
from engine.display.values import Redactor
from engine.values import Secret


class Body(Protocol):
    """The part of a display between the heading and the summary."""

    def show(self, event: Event) -> None: ...

    def finish(self) -> None: ...


class View:
    def __init__(self, heading: str, *, preview: bool, refreshing: bool, json: bool, body: Body) -> None:
        self.preview = preview
        self.tally = Tally(refreshing)
        self._redactor = Redactor()
        self._json = json
        self._body = body
        self._started = time.monotonic()
        if not json:
            self._write(heading)

    @classmethod
    def for_run(
        cls,
        *,
        kind: str,
        stack: str,
        heading: str,
        target: str,
        preview: bool,
        arguments: argparse.Namespace,
    ) -> View:
        aimed = f", target {target}" if target else ""
        body: Body = Digest() if arguments.json else Lines(_write, preview, kind == "refresh")
        text = f"{heading} ({stack}): embedded engine{aimed}"
        return cls(text, preview=preview, refreshing=kind == "refresh", json=arguments.json, body=body)

    def __enter__(self) -> View:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        return

    def learn(self, stack: Stack) -> None:
        """Remember what must not show in any message."""
        for key in stack.config.secret_keys:
            self._redactor.learn(Secret(stack.config.values[key]))
        for row in stack.snapshot.rows:
            self._redactor.learn(row.inputs)
            self._redactor.learn(row.outputs)

    def show(self, event: Event) -> None:
        self.tally.add(event)
        match event:
            case Diagnostic():
                event.message = self._redactor.clean(event.message)
            case StepStarted(step) | StepDone(step, _):
                self._redactor.learn(step.row.inputs)
                self._redactor.learn(step.row.outputs)
            case OutputsRegistered(row, _):
                self._redactor.learn(row.outputs)
        self._body.show(event)

    def note(self, text: str) -> None:
        sys.stderr.write(text + "\n")

    def finish(self, result: Result) -> None:
        seconds = time.monotonic() - self._started
        self._body.finish()
        if isinstance(self._body, Digest):
            self._body.write(self.tally, seconds)
            return
        for line in output_lines(result.old_stack_outputs, result.stack_outputs, preview=self.preview):
            self._write(line)
        for line in self.tally.lines(preview=self.preview):
            self._write(line)
        if not self.preview:
            self._write(f"\nDuration: {duration_text(seconds)}")
        self._write("")

    def _write(self, line: str) -> None:
        _write(line)


def _write(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
