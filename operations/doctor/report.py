"""Look at all that a preview and an update need of a stack's target, without changing anything."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from operations.doctor import database, machine, management, stripe
from operations.doctor.finding import Finding
from operations.errors import OperationError
from operations.pulumi import stack_config
from operations.target import own_config
from provider.target import Target, load_target
from settings import load_settings


def options(parser: argparse.ArgumentParser) -> None:
    """Of its command line."""
    parser.add_argument("--stack", required=True)
    parser.set_defaults(run=lambda options: doctor(options.stack))


def doctor(stack: str) -> str:
    """All findings, a line for each; refused where something is missing."""
    load_settings(config := stack_config(stack))
    bare = own_config(config)
    found = list(findings(load_target(bare, Path.cwd()), bare.get("region", "")))
    told = "\n".join(map(line, found))
    if missing := sum(bool(each.problem) for each in found):
        raise OperationError(f"{missing} of {len(found)} things are missing\n{told}")
    return f"{told}\nNothing is missing."


def findings(target: Target, region: str) -> Iterator[Finding]:
    """What is found on each plane; one that is out of reach keeps no other from being looked at."""
    yield from machine.findings(target)
    yield from database.findings(target)
    yield from management.findings(target, region)
    yield from stripe.findings(target)


def line(finding: Finding) -> str:
    """A finding for people."""
    sign = "missing" if finding.problem else "works  " if finding.known else "unknown"
    told = f"{finding.what}: {finding.problem}" if finding.problem else finding.what
    return f"{sign}  {finding.plane}: {told}"
