"""What was put aside in a target when it went back: told, and kept."""

from __future__ import annotations

import argparse

from operations.pulumi import stack_config
from operations.target import live
from provider.postgres.own import SCHEMA


def options(parser: argparse.ArgumentParser) -> None:
    """Of its command line."""
    parser.add_argument("--stack", required=True)
    parser.set_defaults(run=lambda options: aside(options.stack))


def aside(stack: str) -> str:
    """The tables and columns that a stack's target keeps aside, with what brings them back."""
    with live(stack_config(stack)) as planes:
        kept = planes.aside()
    if not kept:
        return "Nothing was put aside."
    lines = "\n".join(f"  {SCHEMA}.{name}, {rows} rows" for name, rows in kept.items())
    return f"Put aside, and brought back by the step forward:\n{lines}"
