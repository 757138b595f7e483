"""The commands and their options."""

from __future__ import annotations

import argparse
import getpass
import importlib
import os
import re
import sys
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from engine.cli.session import Session
from engine.errors import EngineError

Command = Callable[[Session], int]

VERSION = "v3.260.0-embedded"
"""The Pulumi release whose protocols, state and words this engine follows."""


ALIASES = {"up": ("update",), "destroy": ("down", "dn")}
TRUE = ("1", "true", "True", "TRUE", "t", "T")
"""What the CLI takes for true in an environment variable."""
UNSUPPORTED_VARIABLES = (
    "PULUMI_CONTINUE_ON_ERROR",
    "PULUMI_RUN_PROGRAM",
    "PULUMI_ENABLE_STREAMING_JSON_PREVIEW",
    "PULUMI_DISABLE_PROVIDER_PREVIEW",
    "PULUMI_DIY_BACKEND_GZIP",
    "PULUMI_DIY_BACKEND_ZSTD",
    "PULUMI_DIY_BACKEND_LEGACY_LAYOUT",
)
"""They would have the CLI do something else."""


class Parser(argparse.ArgumentParser):
    """Names what it does not know, and exits as the CLI does; no option has other names than its own."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings, allow_abbrev=False)

    def error(self, message: str) -> NoReturn:
        if unknown := re.match(r"argument <command>: invalid choice: '(.*?)'", message):
            message = f"there is no `{self.prog} {unknown[1]}` here"
        raise EngineError(
            f"{message}; the embedded engine knows only part of Pulumi's command line: "
            f"see `{self.prog} --help`, or install the Pulumi CLI"
        )


def main(words: Sequence[str]) -> int:
    """Run one command; returns its exit code."""
    try:
        _refuse_variables()
        arguments = parser().parse_args(words)
        if arguments.cwd:
            os.chdir(arguments.cwd)
            # Whoever asks for the shell's idea of this folder must not get the former one.
            os.environ.pop("PWD", None)
        command: Command = arguments.run
        return command(Session(arguments))
    except EngineError as error:
        sys.stderr.write(f"error: {error}\n")
        return error.exit_code
    except SystemExit as done:  # what --help and --version end with
        return int(done.code or 0)
    except KeyboardInterrupt:
        return 1
    except BrokenPipeError:
        # The reader has had enough; Python would complain once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        # A full disk, a folder that may not be written, a file where a folder belongs.
        where = f"{error.filename}: " if error.filename else ""
        sys.stderr.write(f"error: {where}{error.strerror or error}; check the path and its permissions\n")
        return 1


def _refuse_variables() -> None:
    for name in UNSUPPORTED_VARIABLES:
        if os.environ.get(name, "") in TRUE:
            raise EngineError(
                f"{name} is set, which the embedded engine does not support; "
                "unset it, or install the Pulumi CLI"
            )


def parser() -> Parser:
    top = Parser(
        prog="pulumi", description="The embedded engine of this project, after Pulumi's command line."
    )
    top.set_defaults(cwd=None, non_interactive=False, color="auto")
    commands = top.add_subparsers(required=True, metavar="<command>", parser_class=Parser)
    common = _common()
    _add_common(top)
    top.add_argument("--version", action="version", version=VERSION)
    _stack_commands(commands, common)
    _state_commands(commands, common)
    _config_commands(commands, common)
    _run_commands(commands, common)
    for name, run, text in (
        ("cancel", _cancel, "delete the locks of a stack"),
        ("version", _version, "print the version"),
        ("whoami", _whoami, "print the user's name"),
    ):
        command = commands.add_parser(name, parents=[common], help=text)
        command.add_argument("-s", "--stack")
        command.add_argument("-y", "--yes", action="store_true")
        command.set_defaults(run=run)
    return top


def _common() -> Parser:
    common = Parser(add_help=False)
    _add_common(common)
    return common


def _add_common(target: argparse.ArgumentParser) -> None:
    # Given before or after the command; suppressed defaults keep the later parser from undoing the earlier.
    unset = argparse.SUPPRESS
    target.add_argument("-C", "--cwd", default=unset, metavar="DIR", help="run as if in this folder")
    target.add_argument("--non-interactive", action="store_true", default=unset)
    target.add_argument("--color", choices=["auto", "always", "never", "raw"], default=unset)


def _stack_commands(commands: argparse._SubParsersAction[Parser], common: Parser) -> None:
    group = commands.add_parser("stack", parents=[common], help="show or manage stacks")
    group.add_argument("-s", "--stack")
    group.add_argument("-i", "--show-ids", action="store_true")
    group.add_argument("-u", "--show-urns", action="store_true")
    group.add_argument("--show-name", action="store_true")
    group.add_argument("--show-secrets", action="store_true")
    group.set_defaults(run=_of("stack", "show"))
    parts = group.add_subparsers(metavar="<command>", parser_class=Parser)

    def add(name: str, run: Command, text: str, *aliases: str) -> Parser:
        part = parts.add_parser(name, parents=[common], help=text, aliases=list(aliases))
        part.add_argument("-s", "--stack", default=argparse.SUPPRESS)
        part.set_defaults(run=run)
        return part

    init = add("init", _of("stack", "init"), "create a stack and select it", "new", "create", "setup")
    init.add_argument("name")
    init.add_argument("--no-select", action="store_true")
    listing = add("ls", _of("stack", "ls"), "list the project's stacks", "list")
    _add_output_form(listing)
    listing.add_argument("-a", "--all", action="store_true")
    history = add("history", _of("stack", "history"), "list the stack's updates", "hist")
    _add_output_form(history)
    history.add_argument("--full-dates", action="store_true")
    history.add_argument("--page", type=int, default=1)
    history.add_argument("--page-size", type=int, default=10)
    select = add("select", _of("stack", "select"), "make a stack the one that commands are about")
    select.add_argument("name", nargs="?")
    select.add_argument("-c", "--create", action="store_true")
    add("unselect", _of("stack", "unselect"), "make none of the stacks that one")
    rm = add("rm", _of("stack", "rm"), "remove a stack", "remove", "delete")
    rm.add_argument("name", nargs="?")
    rm.add_argument("-y", "--yes", action="store_true")
    rm.add_argument("-f", "--force", action="store_true")
    rm.add_argument("--preserve-config", action="store_true")
    _stack_data_commands(add)


def _stack_data_commands(add: Callable[[str, Command, str], Parser]) -> None:
    """What a stack holds, printed or replaced."""
    output = add("output", _of("stack", "output"), "print the stack's outputs")
    output.add_argument("property", nargs="?")
    output.add_argument("-j", "--json", action="store_true")
    output.add_argument("--show-secrets", action="store_true", default=argparse.SUPPRESS)
    export = add("export", _of("stack", "export"), "print the stack's state")
    export.add_argument("--file")
    export.add_argument("--show-secrets", action="store_true", default=argparse.SUPPRESS)
    import_ = add("import", _of("stack", "import_"), "replace the stack's state")
    import_.add_argument("--file")
    import_.add_argument("-f", "--force", action="store_true")


def _add_output_form(part: Parser) -> None:
    part.add_argument("-j", "--json", action="store_true")
    part.add_argument("--output", choices=["default", "json"], default="default")


def _state_commands(commands: argparse._SubParsersAction[Parser], common: Parser) -> None:
    group = commands.add_parser("state", help="edit a stack's state")
    parts = group.add_subparsers(required=True, metavar="<command>", parser_class=Parser)

    def add(name: str, run: Command, text: str) -> Parser:
        part = parts.add_parser(name, parents=[common], help=text)
        part.add_argument("urns", nargs="*", metavar="URN")
        part.add_argument("-s", "--stack")
        part.add_argument("-y", "--yes", action="store_true")
        part.set_defaults(run=run)
        return part

    for part in (
        add("protect", _of("state", "protect"), "keep resources from being deleted"),
        add("unprotect", _of("state", "unprotect"), "let resources be deleted again"),
    ):
        part.add_argument("--all", action="store_true", help="all of the stack's resources")
    delete = add("delete", _of("state", "delete"), "forget resources, which stay as they are")
    delete.add_argument("--force", action="store_true", help="also protected ones")
    delete.add_argument("--target-dependents", action="store_true", help="also what depends on them")


def _config_commands(commands: argparse._SubParsersAction[Parser], common: Parser) -> None:
    group = commands.add_parser("config", parents=[common], help="show or change a stack's config")
    _add_config_options(group)
    group.add_argument("-j", "--json", action="store_true")
    group.add_argument("--show-secrets", action="store_true")
    group.set_defaults(run=_of("config", "show"))
    parts = group.add_subparsers(metavar="<command>", parser_class=Parser)

    def add(name: str, run: Command, text: str, *aliases: str) -> Parser:
        part = parts.add_parser(name, parents=[common], help=text, aliases=list(aliases))
        _add_config_options(part)
        part.add_argument("key")
        part.add_argument("--path", action="store_true", help="the key leads into a list or an object")
        part.set_defaults(run=run)
        return part

    get = add("get", _of("config", "get"), "print one value")
    get.add_argument("-j", "--json", action="store_true", default=argparse.SUPPRESS)
    set_ = add("set", _of("config", "set_"), "set a value")
    set_.add_argument("value", nargs="?")
    kind = set_.add_mutually_exclusive_group()
    kind.add_argument("--secret", action="store_true")
    kind.add_argument("--plaintext", action="store_true")
    kind.add_argument("--type", choices=["string", "bool", "int", "float"])
    add("rm", _of("config", "rm"), "remove a value", "remove")


def _add_config_options(target: argparse.ArgumentParser) -> None:
    target.add_argument("-s", "--stack", default=argparse.SUPPRESS)
    target.add_argument("--config-file", default=argparse.SUPPRESS)


def _run_commands(commands: argparse._SubParsersAction[Parser], common: Parser) -> None:
    def add(name: str, text: str, *aliases: str) -> Parser:
        part = commands.add_parser(name, parents=[common], help=text, aliases=list(aliases))
        _add_run_options(part)
        part.set_defaults(run=_running({"import": "import_"}.get(name, name)), json=False)
        return part

    preview = add("preview", "show what an update would do", "pre")
    preview.add_argument("-j", "--json", action="store_true")
    preview.add_argument("--import-file", metavar="FILE")
    for name, text in (
        ("up", "bring the stack to what the program says"),
        ("refresh", "bring the state to what is live"),
        ("destroy", "delete everything the stack holds"),
    ):
        part = add(name, text, *ALIASES.get(name, ()))
        _add_change_options(part)
        if name != "up":
            part.add_argument("--preview-only", action="store_true")
    commands.choices["destroy"].add_argument("--remove", action="store_true", help="then remove the stack")
    commands.choices["refresh"].add_argument("--clear-pending-creates", action="store_true")
    import_ = add("import", "take live objects into the state")
    _add_change_options(import_)
    import_.add_argument("--file", "-f", required=True)
    import_.add_argument("--protect", nargs="?", const="true", default="true", choices=["true", "false"])
    import_.add_argument(
        "--generate-code", nargs="?", const="true", default="false", choices=["true", "false"]
    )


def _add_run_options(part: Parser) -> None:
    part.add_argument("-s", "--stack")
    part.add_argument("--diff", action="store_true", help="show every property that changes")
    part.add_argument("--show-sames", action="store_true", help="show also what does not change")
    part.add_argument("--suppress-outputs", action="store_true", help="leave the stack's outputs out")
    part.add_argument("-r", "--refresh", nargs="?", const="true", default=None, choices=["true", "false"])
    part.add_argument("--expect-no-changes", action="store_true")
    part.add_argument("-c", "--config", action="append", metavar="KEY=VALUE")
    part.add_argument("--config-path", action="store_true", help="the keys of -c lead into lists or objects")
    part.add_argument("--config-file", metavar="FILE")
    part.add_argument("-t", "--target", action="append", default=[], metavar="URN")
    part.add_argument("--target-dependents", action="store_true")
    part.add_argument("-p", "--parallel", type=int, metavar="N", default=os.environ.get("PULUMI_PARALLEL"))
    part.add_argument("-m", "--message")
    # What they ask for is so in any case.
    for name in ("--suppress-progress", "--show-full-output", "--skip-plugin-pre-install"):
        part.add_argument(name, action="store_true", help=argparse.SUPPRESS)
    part.add_argument("--suppress-permalink", nargs="?", help=argparse.SUPPRESS)


def _add_change_options(part: Parser) -> None:
    skips_confirmations = os.environ.get("PULUMI_SKIP_CONFIRMATIONS", "") in TRUE
    part.add_argument("-y", "--yes", action="store_true", default=skips_confirmations)
    part.add_argument(
        *([] if part.prog.endswith("import") else ["-f"]), "--skip-preview", action="store_true"
    )


def _of(module: str, name: str) -> Command:
    """A command of `engine/cli/<module>.py`, which is only imported when it runs."""

    def run(session: Session) -> int:
        command: Command = getattr(importlib.import_module(f"engine.cli.{module}"), name)
        return command(session)

    return run


def _running(name: str) -> Command:
    """A command of `engine/cli/run.py`, whose modules (gRPC among them) are imported while children start."""
    command = _of("run", name)

    def run(session: Session) -> int:
        # gRPC's core, here and in children, would write its log of closed connections among a run's lines.
        os.environ.setdefault("GRPC_VERBOSITY", "NONE")
        for path in session.project.plugin_paths.values():
            session.nursery.prepare("provider", path)
        if name in ("preview", "up"):
            session.nursery.prepare("program", session.project.program)
        try:
            session.begin_loading()
            return command(session)
        finally:
            session.nursery.close()

    return run


def _cancel(session: Session) -> int:
    if not session.arguments.yes and not session.is_interactive:
        raise EngineError("--yes must be passed in to cancel a run when running in non-interactive mode", 2)
    session.backend.cancel(session.name)
    sys.stdout.write(f"The currently running update for '{session.name.stack}' has been canceled!\n")
    return 0


def _version(session: Session) -> int:
    del session
    sys.stdout.write(VERSION + "\n")
    return 0


def _whoami(session: Session) -> int:
    del session
    sys.stdout.write(getpass.getuser() + "\n")
    return 0
