"""Ways back that a step to an earlier phase can't take; `docs/rollback/` has a page for each emergency."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from importlib import import_module

CASES: Mapping[str, tuple[str, str]] = {
    "sign-up": ("sign_up", "bring the old sign-up back"),
    "lockout": ("lockout", "let users see their own profile"),
    "performance": ("performance", "look for indexes that lack and tables that want a vacuum"),
    "stubs": ("stubs", "let the functions of payments answer 503"),
    "functions": ("functions", "deploy edge functions as a backup holds them"),
    "rows": ("rows", "bring rows back from a backup"),
}
"""The module of each, and what it is for."""


def options(parser: argparse.ArgumentParser) -> None:
    """Of its command line."""
    cases = parser.add_subparsers(required=True)
    for name, (module, text) in CASES.items():
        import_module(f"operations.rollback.{module}").options(cases.add_parser(name, help=text))
