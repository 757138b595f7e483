"""`python -m operations COMMAND`; `--help` lists the commands."""

from __future__ import annotations

import argparse
import sys

from components.templates import TemplateError
from operations.errors import DriftError, OperationError
from provider.errors import ProviderError
from sandbox.errors import SandboxError
from settings import LAST_PHASE, SettingsError

DRIFT = 3
"""The exit code of a watch that found something: 1 is a refusal, and 2 a command line that can't be read."""

REFUSALS = (OperationError, ProviderError, SandboxError, SettingsError, TemplateError)


def main(arguments: list[str]) -> int:
    """Run one command. A refusal is one message on standard error and exit code 1, drift its text and 3."""
    try:
        options = parser().parse_args(arguments)
        sys.stdout.write(options.run(options) + "\n")
    except DriftError as error:
        sys.stdout.write(f"{error}\n")
        return DRIFT
    except REFUSALS as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    return 0


def parser() -> argparse.ArgumentParser:
    """The commands, with their options."""
    # Declarations render their templates as they are imported, which may be refused.
    from components.archive import PARTS
    from operations import (
        access,
        adopt,
        aside,
        audit,
        documents,
        gap,
        health,
        history,
        lerg,
        plan,
        printed,
        pull,
        unmanaged,
        verify,
    )
    from operations.backup import take
    from operations.doctor import report
    from operations.rehearsal import rehearse

    parser = argparse.ArgumentParser(prog="python -m operations", description=__doc__)
    commands = parser.add_subparsers(required=True)
    adopting = commands.add_parser("adopt", help="take what is live into a stack's state")
    adopting.add_argument("--stack", required=True)
    adopting.set_defaults(run=lambda options: adopt.adopt(options.stack))
    accessing = commands.add_parser("access", help="tell who may do what, by trying it")
    accessing.add_argument("--stack", required=True)
    accessing.add_argument("--against", help="another stack, or a file: only tell what differs from it")
    accessing.add_argument("--json", action="store_true", help="as data, which --against takes")
    accessing.add_argument("--hosted", action="store_true", help="also on a hosted project")
    accessing.set_defaults(
        run=lambda options: access.access(
            options.stack, against=options.against, as_data=options.json, hosted=options.hosted
        )
    )
    auditing = commands.add_parser("audit", help="search an application for what the rollout takes away")
    auditing.add_argument("path", help="the application's checkout")
    auditing.add_argument(
        "--harmless",
        action="append",
        default=[],
        help="files that mean something else, e.g. 'src/sessions/*'",
    )
    auditing.set_defaults(run=lambda options: audit.audit(options.path, options.harmless))
    _compare(commands.add_parser("compare", help="hold two environments against each other"))
    planning = commands.add_parser("plan", help="print every statement of an update, with its locks")
    planning.add_argument("--stack", required=True)
    planning.set_defaults(run=lambda options: plan.plan(options.stack))
    comparing = commands.add_parser("lerg", help="compare the area codes of both tables and the reference")
    comparing.add_argument("--stack", required=True)
    comparing.add_argument("--merge", action="store_true", help="bring lerg_codes up to date for a fallback")
    comparing.set_defaults(run=lambda options: lerg.lerg(options.stack, merge=options.merge))
    minding = commands.add_parser("health", help="tell whether a target is as it should be, by exit code too")
    minding.add_argument("--stack", required=True)
    minding.set_defaults(run=lambda options: health.health(options.stack))
    _rollback(commands.add_parser("rollback", help="ways back that an earlier phase can't take"))
    paying = commands.add_parser("payments", help="stop, repair and start what Stripe tells")
    paying.add_argument("action", choices=("stop", "repair", "start"))
    paying.add_argument("--stack", required=True)
    paying.add_argument("--customer", help="repair: of one customer alone")
    paying.add_argument("--apply", action="store_true", help="repair: correct what is shown")
    paying.set_defaults(run=_payments)
    backing = commands.add_parser("backup", help="take a backup and restore it into a scratch database")
    backing.add_argument("--stack", required=True)
    backing.add_argument("--part", choices=PARTS, help="of this part alone")
    backing.set_defaults(
        run=lambda options: take.backup(options.stack, [options.part] if options.part else PARTS)
    )
    rehearsing = commands.add_parser("rehearse", help="walk all phases on a copy, with users at work")
    rehearsing.add_argument("--stack", required=True)
    rehearsing.add_argument("--dump", help="a dump of the real thing, as a backup has it")
    rehearsing.add_argument("--rate", type=float, default=50, help="users' statements a second")
    rehearsing.add_argument("--to", default="rehearsed", help="the folder of the report")
    rehearsing.set_defaults(
        run=lambda options: rehearse.rehearse(
            options.stack, dump=options.dump, rate=options.rate, to=options.to
        )
    )
    pulling = commands.add_parser("pull", help="bring the sources that a project serves into functions/")
    pulling.add_argument("slugs", nargs="*", help="of these functions alone")
    pulling.add_argument("--stack", required=True)
    pulling.add_argument("--overwrite", action="store_true", help="also over files that differ")
    pulling.set_defaults(
        run=lambda options: pull.pull(options.stack, options.slugs, overwrite=options.overwrite)
    )
    looking = commands.add_parser("doctor", help="tell what an update needs and the target lacks")
    looking.add_argument("--stack", required=True)
    looking.set_defaults(run=lambda options: report.doctor(options.stack))
    listing = commands.add_parser("unmanaged", help="list what is live and not declared")
    listing.add_argument("--stack", required=True)
    listing.set_defaults(run=lambda options: unmanaged.unmanaged(options.stack))
    recording = commands.add_parser("migrations", help="list what Supabase's tools would run again")
    recording.add_argument("--stack", required=True)
    recording.add_argument("--record", action="store_true", help="tell them that it is applied")
    recording.set_defaults(run=lambda options: history.history(options.stack, record=options.record))
    keeping = commands.add_parser("aside", help="list what was put aside on the way back")
    keeping.add_argument("--stack", required=True)
    keeping.set_defaults(run=lambda options: aside.aside(options.stack))
    verifying = commands.add_parser("verify", help="try the verification lists of completed phases")
    verifying.add_argument("--stack", required=True)
    verifying.add_argument("--phase", type=int, choices=range(LAST_PHASE + 1))
    verifying.set_defaults(run=lambda options: verify.verify(options.stack, options.phase))
    documenting = commands.add_parser("documents", help="make the documents that are made of data")
    documenting.add_argument("--check", action="store_true", help="only tell whether they are up to date")
    documenting.set_defaults(run=lambda options: documents.write_documents(check=options.check))
    printing = commands.add_parser("printed", help="make sql/printed.json anew")
    printing.set_defaults(run=lambda _: printed.write_printed())
    gapping = commands.add_parser("gap", help="make docs/gap.md anew")
    gapping.set_defaults(run=lambda _: gap.write_gap())
    return parser


def _compare(parser: argparse.ArgumentParser) -> None:
    from operations.compare import command

    parser.add_argument("places", nargs="*", metavar="STACK|FILE", help="two stacks or snapshots, or one")
    parser.add_argument("--snapshot", metavar="FILE", help="keep what one stack holds in a file")
    parser.add_argument("--to", metavar="FOLDER", default="compared", help="where the pages go")
    parser.add_argument("--access", action="store_true", help="also try who may do what, and roll it back")
    parser.add_argument("--hosted", action="store_true", help="--access: also on a hosted project")
    parser.add_argument("--against-declared", action="store_true", help="hold --stack against the code")
    parser.add_argument("--stack", help="--against-declared: of which stack")
    parser.add_argument("--since", metavar="FILE", help="--against-declared: an earlier snapshot")
    parser.set_defaults(run=command.run)


def _rollback(parser: argparse.ArgumentParser) -> None:
    from operations.rollback import functions, lockout, performance, rows, sign_up, stubs

    cases = parser.add_subparsers(required=True)
    signing = cases.add_parser("sign-up", help="bring the old sign-up back")
    signing.set_defaults(run=lambda options: sign_up.sign_up(options.stack))
    locking = cases.add_parser("lockout", help="let users see their own profile")
    locking.add_argument("--end", action="store_true", help="take the emergency's policy away")
    locking.set_defaults(run=lambda options: lockout.lockout(options.stack, end=options.end))
    slowing = cases.add_parser("performance", help="look for indexes that lack and tables that want a vacuum")
    slowing.add_argument("--apply", action="store_true", help="build and vacuum them")
    slowing.set_defaults(run=lambda options: performance.performance(options.stack, apply=options.apply))
    stopping = cases.add_parser("stubs", help="let the functions of payments answer 503")
    stopping.set_defaults(run=lambda options: stubs.stubs(options.stack))
    serving = cases.add_parser("functions", help="deploy edge functions as a backup holds them")
    serving.add_argument("slugs", nargs="+", metavar="SLUG")
    serving.set_defaults(run=lambda options: functions.functions(options.stack, options.slugs))
    restoring = cases.add_parser("rows", help="bring rows back from a backup")
    restoring.add_argument("table", choices=rows.TABLES)
    restoring.add_argument("--backup", help="its folder's name, of another than the last one")
    restoring.add_argument("--overwrite", action="store_true", help="also rows that are different now")
    restoring.add_argument("--apply", action="store_true", help="do what is shown")
    restoring.set_defaults(
        run=lambda options: rows.rows(
            options.stack,
            options.table,
            backup=options.backup,
            overwrite=options.overwrite,
            apply=options.apply,
        )
    )
    for case in cases.choices.values():
        case.add_argument("--stack", required=True)


def _payments(options: argparse.Namespace) -> str:
    from operations import payments

    match options.action:
        case "stop":
            return payments.stop(options.stack)
        case "start":
            return payments.start(options.stack)
    return payments.repair(options.stack, customer=options.customer, apply=options.apply)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
