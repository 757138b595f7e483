"""The one error a user of the sandbox is meant to see."""

from __future__ import annotations


class SandboxError(Exception):
    """What happened, the current and the wanted value, the next step: one or two lines, no secret."""
