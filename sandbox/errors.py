"""The one error a user of the sandbox is meant to see."""

from __future__ import annotations


class SandboxError(Exception):
    """What happened, the current and the wanted value, and the next step, in one or two lines without a secret."""
