"""The part of a display between the heading and the summary."""

from __future__ import annotations

from engine.deployment.steps import Event


class Body:
    """Takes a run's events, and shows them in one form or another."""

    def show(self, event: Event) -> None:
        raise NotImplementedError

    def finish(self, *, failed: bool) -> None:
        """Show what is left to be shown at the end of the run."""

    def close(self) -> None:
        """Leave the terminal as it was found, for a process that ends at once."""
