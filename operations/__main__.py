"""`python -m operations COMMAND`; `--help` lists the commands."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Mapping
from importlib import import_module

import psycopg

from components.templates import TemplateError
from operations.errors import DriftError, OperationError
from provider.errors import ProviderError
from sandbox.errors import SandboxError
from settings import SettingsError

DRIFT = 3
"""The exit code of a watch that found something: 1 is a refusal, and 2 a command line that can't be read."""

REFUSALS = (OperationError, ProviderError, SandboxError, SettingsError, TemplateError)

COMMANDS: Mapping[str, tuple[str, str]] = {
    "adopt": ("adopt", "take what is live into a stack's state"),
    "access": ("access", "tell who may do what, by trying it"),
    "audit": ("audit", "search an application for what the rollout takes away"),
    "compare": ("compare.command", "hold two environments against each other"),
    "plan": ("plan", "print every statement of an update, with its locks"),
    "lerg": ("lerg", "compare the area codes of both tables and the reference"),
    "health": ("health", "tell whether a target is as it should be, by exit code too"),
    "rollback": ("rollback", "ways back that an earlier phase can't take"),
    "payments": ("payments", "stop, repair and start what Stripe tells"),
    "backup": ("backup.take", "take a backup and restore it into a scratch database"),
    "rehearse": ("rehearsal.rehearse", "walk all phases on a copy, with users at work"),
    "pull": ("pull", "bring the sources that a project serves into functions/"),
    "doctor": ("doctor.report", "tell what an update needs and the target lacks"),
    "unmanaged": ("unmanaged", "list what is live and not declared"),
    "migrations": ("history", "list what Supabase's tools would run again"),
    "aside": ("aside", "list what was put aside on the way back"),
    "verify": ("verify", "try the verification lists of completed phases"),
    "documents": ("documents", "make the documents that are made of data"),
    "printed": ("printed", "make sql/printed.json anew"),
    "gap": ("gap", "make docs/gap.md anew"),
}
"""The module of each, whose `options` are its own, and what it is for."""


def main(arguments: list[str]) -> int:
    """Run one command. A refusal is one message on standard error and exit code 1, drift its text and 3."""
    try:
        # Only what is asked for is imported: declarations render their templates then, which may be refused.
        options = parser(arguments[:1]).parse_args(arguments)
        sys.stdout.write(options.run(options) + "\n")
    except DriftError as error:
        sys.stdout.write(f"{error}\n")
        return DRIFT
    except REFUSALS as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    except psycopg.Error as error:
        sys.stderr.write(f"error: {_of_database(error)}\n")
        return 1
    return 0


def _of_database(error: psycopg.Error) -> str:
    """What is told of an error that no command has expected; its further lines may quote rows."""
    first = next(iter(str(error).splitlines()), type(error).__name__)
    return (
        f"the database broke this off: {first}; let `python -m operations doctor` tell what it lacks, "
        "then run the same command again"
    )


def parser(wanted: Iterable[str] = COMMANDS) -> argparse.ArgumentParser:
    """The commands; those that are wanted with their options."""
    parser = argparse.ArgumentParser(prog="python -m operations", description=__doc__)
    commands = parser.add_subparsers(required=True)
    for name, (module, text) in COMMANDS.items():
        command = commands.add_parser(name, help=text)
        if name in wanted:
            import_module(f"operations.{module}").options(command)
    return parser


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
