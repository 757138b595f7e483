"""This machine: which engine runs, and whether it may change the target."""

from __future__ import annotations

from collections.abc import Iterator

from operations.doctor.finding import Finding
from operations.errors import OperationError
from operations.pulumi import pulumi
from provider.target import Target

PLANE = "this machine"
EMBEDDED = "embedded"


def findings(target: Target) -> Iterator[Finding]:
    """The engine, as the launcher chooses it; one that is too old is told by the launcher itself."""
    try:
        version = pulumi("version").strip()
    except OperationError as error:
        yield Finding(PLANE, "an engine runs", str(error))
        return
    yield Finding(PLANE, f"the engine is {version}")
    if target.kind == "hosted" and EMBEDDED in version:
        yield Finding(
            PLANE,
            "the engine may change a hosted project",
            "only the Pulumi CLI may; install it, and put it on the PATH (a preview is fine as it is)",
        )
