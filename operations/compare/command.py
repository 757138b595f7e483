"""`python -m operations compare`."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from comparison.comparison import Comparison, compare
from operations.compare.drift import watch
from operations.compare.knowledge import knowledge
from operations.compare.pages import written
from operations.compare.snapshots import snapshot_of, store
from operations.errors import OperationError
from provider.schema.snapshot import Snapshot


def options(parser: ArgumentParser) -> None:
    """Of its command line."""
    parser.add_argument("places", nargs="*", metavar="STACK|FILE", help="two stacks or snapshots, or one")
    parser.add_argument("--snapshot", metavar="FILE", help="keep what one stack holds in a file")
    parser.add_argument("--to", metavar="FOLDER", default="compared", help="where the pages go")
    parser.add_argument("--access", action="store_true", help="also try who may do what, and roll it back")
    parser.add_argument("--hosted", action="store_true", help="--access: also on a hosted project")
    parser.add_argument("--against-declared", action="store_true", help="hold --stack against the code")
    parser.add_argument("--stack", help="--against-declared: of which stack")
    parser.add_argument("--since", metavar="FILE", help="--against-declared: an earlier snapshot")
    parser.set_defaults(run=run)


def run(options: Namespace) -> str:
    """Do what the command line asks for; says what was done."""
    match options:
        case Namespace(against_declared=True, places=[], stack=str()):
            return watch(options.stack, since=options.since, snapshot=options.snapshot)
        case Namespace(against_declared=False, stack=None, since=None, snapshot=None, places=[first, second]):
            with ThreadPoolExecutor() as pool:
                before, after = pool.map(lambda place: _taken(place, options), (first, second))
            return told(compare(before, after, knowledge()), Path(options.to))
        case Namespace(against_declared=False, stack=None, since=None, snapshot=str(), places=[place]):
            return _kept(_taken(place, options), options.snapshot)
    raise OperationError(
        "name two stacks or snapshots to compare, or one stack and a file to keep it in: "
        "`python -m operations compare production staging`"
    )


def _taken(place: str, options: Namespace) -> Snapshot:
    return snapshot_of(place, tried=options.access, hosted=options.hosted)


def _kept(snapshot: Snapshot, file: str) -> str:
    store(snapshot, Path(file))
    return f"{snapshot.environment} of {snapshot.taken}, fingerprint {snapshot.fingerprint}: kept in {file}."


def told(comparison: Comparison, folder: Path) -> str:
    """The comparison in a few lines, once its pages are written; one line where nothing differs."""
    first, second = comparison.first, comparison.second
    if comparison.equal:
        return f"{first.environment} ({first.taken}) and {second.environment} ({second.taken}) are equal."
    files = written(comparison, folder)
    lines = [f"{each.label}: {each.first} and {each.second}; {each.gap}" for each in comparison.figures]
    signs = Counter(row.sign for row in comparison.rows)
    total = ", ".join(f"{count} {sign}" for sign, count in sorted(signs.items())) or "nothing that was read"
    unread = [f"Not read: {plane}: {why}" for plane, why in comparison.unread.items()]
    return "\n".join(
        [
            f"{first.environment} against {second.environment}: {total}.",
            *(f"  {line}" for line in lines),
            *unread,
            f"Wrote {', '.join(str(file) for file in files)}.",
        ]
    )
