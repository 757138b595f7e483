"""One run's display: it takes the events, and writes in the form that was asked for."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from functools import cached_property

from engine.deployment.deploy import Result
from engine.deployment.program import ProgramConfig
from engine.deployment.steps import Diagnostic, Event
from engine.display.body import Body
from engine.display.details import output_lines
from engine.display.digest import Digest
from engine.display.lines import Lines
from engine.display.paint import Painter
from engine.display.steps_in_full import StepsInFull
from engine.display.summary import Tally, duration_text
from engine.redactor import SECRET_TEXT, Redactor


@dataclass(frozen=True)
class Form:
    """How a run is to be shown."""

    json: bool = False
    diff: bool = False
    show_sames: bool = False
    suppress_outputs: bool = False
    live: bool = False
    """Whether a terminal can be drawn on again and again."""
    colour: bool = False


class View:
    """Write the heading with the first event, the rest as the run goes on, and the summary in the end."""

    def __init__(
        self,
        heading: str,
        form: Form,
        config: ProgramConfig,
        redactor: Redactor,
        stack_urn: str,
        *,
        preview: bool,
        refreshing: bool,
    ) -> None:
        self.preview = preview
        self._config = {
            key: SECRET_TEXT if key in config.secret_keys else text for key, text in config.values.items()
        }
        self.tally = Tally(refreshing)
        self._form = form
        self._paint = Painter(enabled=form.colour)
        self._redactor = redactor
        self._stack_urn = stack_urn
        self._started = time.monotonic()
        self._events: list[Event] = []
        self._heading = heading

    @cached_property
    def _body(self) -> Body:
        if not self._form.json:
            _write(self._paint(self._heading, "headline"))
        return self._make_body(self.tally.refreshing)

    def _make_body(self, refreshing: bool) -> Body:
        sames = self._form.show_sames
        if self._form.json:
            return Digest(self._config, show_sames=sames)
        if self._form.diff:
            return StepsInFull(_write, self._paint, self.preview, refreshing, sames)
        if not self._form.live:
            return Lines(_write, self._paint, self.preview, refreshing, sames)
        # Only terminals pay for importing it.
        from engine.display.tree import Tree

        tree = Tree(_write, self._paint, self.preview, sames)
        tree.begin()
        return tree

    def show(self, event: Event) -> None:
        if isinstance(event, Diagnostic):
            event.message = self._redactor.clean(event.message)
            if not (event.urn or event.prefix or self._form.json):
                event.urn = self._stack_urn
        self.tally.add(event)
        if self._form.live:
            self._events.append(event)
        self._body.show(event)

    def show_details(self) -> None:
        """All that a live view has shown, once more and in full."""
        body = StepsInFull(_write, self._paint, self.preview, self.tally.refreshing)
        for event in self._events:
            if not isinstance(event, Diagnostic):
                body.show(event)

    def close(self) -> None:
        """Leave the terminal as it was found, for a process that ends at once."""
        self._body.close()

    def note(self, text: str) -> None:
        sys.stderr.write(text + "\n")

    def finish(self, result: Result) -> None:
        seconds = time.monotonic() - self._started
        self._body.finish(failed=result.failed)
        if isinstance(self._body, Digest):
            self._body.write(self.tally, seconds)
            return
        # After a failure, too, only what has changed is worth showing.
        changes_only = self.preview or result.failed
        outputs = output_lines(
            result.old_stack_outputs, result.stack_outputs, self._paint, preview=changes_only
        )
        if outputs and not self._form.suppress_outputs:
            _write(self._paint("Outputs:", "headline"))
            _write("\n".join(outputs) + "\n")
        _write("\n".join(self.tally.lines(self._paint, preview=self.preview)) + "\n")
        if not self.preview:
            _write(f"{self._paint('Duration:', 'headline')} {duration_text(seconds)}\n")


def _write(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
