"""python -m sandbox: the embedded target's commands."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from sandbox import lifecycle
from sandbox.errors import SandboxError
from sandbox.layout import PROJECT

STOPPED = 3  # as pg_ctl status has it

OUTDATED = "Its seeds have changed since it was built. To have the new ones: python -m sandbox reset"


def main(arguments: list[str] | None = None, root: Path = PROJECT) -> int:
    given = _parser().parse_args(arguments, argparse.Namespace(root=root))
    try:
        return int(given.run(given) or 0)
    except SandboxError as error:
        _say(f"error: {error}")
        return 1
    except OSError as error:
        _say(f"error: {error.filename or 'the sandbox'}: {error.strerror}")
        return 1
    except KeyboardInterrupt:
        _say("error: interrupted; the next start repairs what is half done")
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m sandbox", description="The embedded target of this project."
    )
    commands = parser.add_subparsers(required=True, metavar="command")
    for name, run, description in (
        ("start", _start, "start it, making it first where there is none"),
        ("stop", _stop, "stop it; its data stays"),
        ("reset", _reset, "make production and staging anew from their seeds"),
        ("status", _status, f"tell whether it runs (exit code {STOPPED} if not)"),
        ("urls", _urls, "print the URLs, passwords and token included"),
    ):
        commands.add_parser(name, help=description).set_defaults(run=run)
    copy = commands.add_parser("copy", help="make a scratch copy of a database")
    copy.add_argument("source", help="production, staging, or a scratch database's ref")
    copy.add_argument("ref", help="the copy's project ref")
    copy.add_argument(
        "--from-seed", action="store_true", help="copy the environment as it was built, not as it is"
    )
    copy.set_defaults(run=_copy)
    blank = commands.add_parser("blank", help="make a scratch database as a new Supabase project has it")
    blank.add_argument("ref", help="its project ref")
    blank.set_defaults(run=_blank)
    drop = commands.add_parser("drop", help="drop a scratch database")
    drop.add_argument("ref", help="its project ref")
    drop.set_defaults(run=_drop)
    return parser


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")


def _tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def _start(given: argparse.Namespace) -> None:
    cluster = lifecycle.start(given.root, say=_say)
    _tell(f"The sandbox runs on 127.0.0.1:{cluster.port}")
    if lifecycle.status(given.root).outdated:
        _say(OUTDATED)


def _stop(given: argparse.Namespace) -> None:
    _tell("The sandbox is stopped" if lifecycle.stop(given.root) else "The sandbox wasn't running")


def _reset(given: argparse.Namespace) -> None:
    lifecycle.reset(given.root, say=_say)
    _tell("Production and staging are as they were built")


def _status(given: argparse.Namespace) -> int:
    status = lifecycle.status(given.root)
    if status.cluster is None:
        _tell("There is no sandbox yet: python -m sandbox start")
        return STOPPED
    if status.outdated:
        _say(OUTDATED)
    if status.running and status.apis is None:
        _tell(f"The sandbox runs without its APIs, port {status.cluster.port}: python -m sandbox start")
        return STOPPED
    _tell(f"The sandbox {'runs' if status.running else 'is stopped'}, port {status.cluster.port}")
    return 0 if status.running else STOPPED


def _urls(given: argparse.Namespace) -> None:
    from sandbox import databases

    for target in databases.targets(lifecycle.running(given.root)):
        _tell(f"{target.name} ({target.ref})\n  {target.database_url}\n  {target.reader_url}")
        _tell(f"  {target.management_url}, token {target.access_token}")
        _tell(f"  {target.stripe_url}, Stripe's key {target.stripe_key}")


def _copy(given: argparse.Namespace) -> None:
    from sandbox import databases

    target = databases.copy(lifecycle.running(given.root), given.source, given.ref, from_seed=given.from_seed)
    _tell(f"{target.name} is a copy of {given.source}, with the project ref {target.ref}")


def _blank(given: argparse.Namespace) -> None:
    from sandbox import databases

    target = databases.blank(lifecycle.running(given.root), given.ref)
    _tell(f"{target.name} is blank, with the project ref {target.ref}")


def _drop(given: argparse.Namespace) -> None:
    from sandbox import databases

    databases.drop(lifecycle.running(given.root), given.ref)
    _tell(f"{given.ref} is dropped")


if __name__ == "__main__":
    sys.exit(main())
