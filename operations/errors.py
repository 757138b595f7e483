"""What a command can refuse."""

from __future__ import annotations


class OperationError(Exception):
    """A refusal in one or two lines; its text reaches the user as it stands."""


class DriftError(Exception):
    """What a watch found. The command has done its work: the text is its output, and the exit code tells."""
