"""What a command can refuse."""

from __future__ import annotations


class OperationError(Exception):
    """A refusal in one or two lines; its text reaches the user as it stands."""
