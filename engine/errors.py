"""The one error a user of the engine is meant to see."""

from __future__ import annotations


class EngineError(Exception):
    """A mistake a user can mend; its text is the whole report: what happened, current, wanted, next step."""

    exit_code: int = 1

    def __init__(self, message: str, exit_code: int = 1) -> None:
        super().__init__(message)
        self.exit_code = exit_code
