"""`pulumi stack ...`."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from engine import checkpoint, gojson, urns
from engine.backend import StackSummary
from engine.cli.session import Session
from engine.display.values import jsonable
from engine.display.words import display_type
from engine.errors import EngineError
from engine.files import read_text
from engine.passphrase import Crypter, environment_passphrase, from_salt, new_salt
from engine.rows import STACK_TYPE, Row
from engine.stack_config import config_text, is_secret, with_ciphertexts
from engine.values import Properties


def show(session: Session) -> int:
    """What a stack holds: its resources as a tree, and its outputs."""
    arguments, name = session.arguments, session.name
    if arguments.show_name:
        sys.stdout.write(f"{name.stack}\n")
        return 0
    rows = [row for row in session.stack.snapshot.rows if not row.delete]
    sys.stdout.write(f"Current stack is {name.stack}:\n    Managed by {os.uname().nodename}\n")
    if (updated := session.backend.summary(name).last_update) is not None:
        sys.stdout.write(
            f"    Last updated: {_since(updated)} ({updated.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC)\n"
        )
    sys.stdout.write(f"Current stack resources ({len(rows)}):\n")
    if rows:
        lines = list(_tree(rows, show_ids=arguments.show_ids, show_urns=arguments.show_urns))
        width = max(len("TYPE"), *(len(kind) for kind, name in lines if name))
        for kind, name_ in [("TYPE", "NAME"), *lines]:
            sys.stdout.write(f"    {kind.ljust(width)}  {name_}".rstrip() + "\n")
    else:
        sys.stdout.write("    No resources currently in this stack\n")
    if stack_outputs(session):
        sys.stdout.write("\n")
        _write_outputs(session)
    return 0


def _tree(rows: list[Row], *, show_ids: bool, show_urns: bool) -> Iterator[tuple[str, str]]:
    """Types, indented below the parent's, with names; further lines have none."""
    stack = next((row.urn for row in rows if row.type == STACK_TYPE), "")
    children: dict[str, list[Row]] = {}
    for row in sorted(rows, key=lambda row: row.is_provider):
        children.setdefault(row.parent or ("" if row.urn == stack else stack), []).append(row)

    def walk(parent: str, lead: str) -> Iterator[tuple[str, str]]:
        below = children.get(parent, [])
        for row in below:
            is_last = row is below[-1]
            branch, deeper = ("", "") if not parent else ("└─ ", "   ") if is_last else ("├─ ", "│  ")
            yield lead + branch + display_type(row.type), urns.name_of(row.urn)
            bar = "│  " if row.urn in children else "   "
            if show_urns:
                yield f"{lead}{deeper}{bar}URN: {row.urn}", ""
            if show_ids and row.id:
                yield f"{lead}{deeper}{bar}ID: {row.id}", ""
            yield from walk(row.urn, lead + deeper)

    yield from walk("", "")


def history(session: Session) -> int:
    """The stack's updates, the last one first."""
    arguments = session.arguments
    start = (arguments.page - 1) * arguments.page_size
    entries = session.backend.history(session.name)[start : start + arguments.page_size]
    if arguments.json or arguments.output == "json":
        _write_json([_history_json(entry) for entry in entries])
        return 0
    for entry in entries:
        _write_update(entry, full_dates=arguments.full_dates)
    return 0


def _history_json(entry: Properties) -> Properties:
    """An update as the CLI prints it, its config's secrets left out."""
    config = {
        key: {"secret": True}
        if is_secret(with_ciphertexts(value))
        else {"value": config_text(value, str), "secret": False}
        for key, value in entry["config"].items()
    }
    times = {key: _date(entry[key]).strftime("%Y-%m-%dT%H:%M:%S.000Z") for key in ("startTime", "endTime")}
    return {**entry, **times, "config": config}


def _write_update(entry: Properties, *, full_dates: bool) -> None:
    changes, started = entry.get("resourceChanges", {}), _date(entry["startTime"])
    when = str(started.replace(tzinfo=None)) + " +0000 UTC" if full_dates else _since(started)
    counts = "+{} -{} ~{}".format(*(changes.get(op, 0) for op in ("create", "delete", "update")))
    sys.stdout.write(
        f"UpdateKind: {entry['kind']}\nStatus: {entry['result']}\nMessage: {entry['message']}\n"
        f"{counts} {changes.get('same', 0)} unchanged, updated {when}, "
        f"took {entry['endTime'] - entry['startTime']}s\n\n"
    )


def _date(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def unselect(session: Session) -> int:
    session.backend.select(None)
    sys.stdout.write("Stack was unselected\n")
    return 0


def init(session: Session) -> int:
    name = session.backend.name(session.arguments.name)
    session.arguments.stack = session.arguments.name
    crypter = _crypter_of(session)
    session.backend.create(name, crypter)
    if not session.arguments.no_select:
        session.backend.select(name)
    sys.stdout.write(f"Created stack '{name.stack}'\n")
    return 0


def _crypter_of(session: Session) -> Crypter:
    """The config file's crypter; a file without a salt gets one, since config and state begin alike."""
    if session.config.encryption_salt:
        return session.crypter
    crypter = from_salt(new_salt(environment_passphrase()))
    session.config.keep_salt(crypter)
    session.config.save()
    return crypter


def ls(session: Session) -> int:
    summaries = session.backend.stacks(all_projects=session.arguments.all)
    if session.arguments.json or session.arguments.output == "json":
        _write_json([_summary_json(summary) for summary in summaries])
        return 0
    rows = [("NAME", "LAST UPDATE", "RESOURCE COUNT")]
    for summary in summaries:
        updated = _since(summary.last_update) if summary.last_update else "n/a"
        mark = "*" if summary.is_current else ""
        rows.append((f"{summary.name.stack}{mark}", updated, str(summary.resource_count)))
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    for row in rows:
        sys.stdout.write(
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() + "\n"
        )
    return 0


def _since(moment: datetime) -> str:
    """How long ago, in the largest unit that gives at least one."""
    seconds = int((datetime.now(UTC) - moment).total_seconds())
    for unit, length in (("week", 604800), ("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1)):
        if count := seconds // length:
            return f"{count} {unit}{'s' if count > 1 else ''} ago"
    return "now"


def _summary_json(summary: StackSummary) -> Properties:
    entry: Properties = {"name": summary.name.stack, "current": summary.is_current}
    if summary.last_update is not None:
        updated = summary.last_update.astimezone(UTC)
        entry["lastUpdate"] = updated.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        entry["resourceCount"] = summary.resource_count
    return entry


def select(session: Session) -> int:
    arguments = session.arguments
    text = arguments.name or arguments.stack
    if not text:
        listed = ", ".join(summary.name.stack for summary in session.backend.stacks())
        raise EngineError(
            f"no stack is named; write pulumi stack select <name>, one of: {listed or '(none yet)'}"
        )
    name = session.backend.name(text)
    known = {summary.name for summary in session.backend.stacks()}
    if arguments.create and name not in known:
        arguments.name, arguments.no_select = text, False
        return init(session)
    session.backend.select(name)
    return 0


def output(session: Session) -> int:
    arguments = session.arguments
    outputs = stack_outputs(session)
    shown = {key: jsonable(value, show_secrets=arguments.show_secrets) for key, value in outputs.items()}
    if arguments.property:
        if arguments.property not in outputs:
            raise EngineError(f"current stack does not have output property '{arguments.property}'")
        value = shown[arguments.property]
        if arguments.json or not isinstance(value, str):
            _write_json(value)
        else:
            sys.stdout.write(value + "\n")
        return 0
    if arguments.json:
        _write_json(shown)
        return 0
    if not shown:
        sys.stdout.write("No output values currently in this stack\n")
        return 0
    _write_outputs(session)
    return 0


def _write_outputs(session: Session) -> None:
    shown = {
        key: jsonable(value, show_secrets=session.arguments.show_secrets)
        for key, value in stack_outputs(session).items()
    }
    width = max(len("OUTPUT"), *(len(key) for key in shown))
    sys.stdout.write(f"Current stack outputs ({len(shown)}):\n    {'OUTPUT'.ljust(width)}  VALUE\n")
    for key in sorted(shown):
        text = shown[key] if isinstance(shown[key], str) else gojson.encoder()(shown[key])
        sys.stdout.write(f"    {key.ljust(width)}  {text}\n")


def stack_outputs(session: Session) -> Properties:
    rows = session.stack.snapshot.rows
    return next((row.outputs for row in rows if row.type == STACK_TYPE and not row.delete), {})


def export(session: Session) -> int:
    stack = session.stack
    text = checkpoint.export(stack.snapshot, stack.crypter, show_secrets=session.arguments.show_secrets)
    if session.arguments.file:
        Path(session.arguments.file).write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)
    return 0


def import_(session: Session) -> int:
    arguments = session.arguments
    session.refuse_hosted()
    source = arguments.file or "standard input"
    text = read_text(Path(arguments.file)) if arguments.file else sys.stdin.read()
    with session.backend.lock(session.name):
        snapshot = checkpoint.import_(text, source, session.name.stack, force=arguments.force)
        session.backend.save(session.stack, snapshot)
    sys.stdout.write("Import complete.\n")
    return 0


def rm(session: Session) -> int:
    arguments = session.arguments
    arguments.stack = arguments.name or arguments.stack
    name = session.name
    if not arguments.yes and not session.is_interactive:
        raise EngineError("--yes must be passed in to remove a stack when running in non-interactive mode", 2)
    if not arguments.yes and not _typed_name(name.stack):
        sys.stdout.write("confirmation declined\n")
        return 1
    session.backend.remove(name, force=arguments.force)
    if not arguments.preserve_config:
        session.project.config_file(name.stack).unlink(missing_ok=True)
    sys.stdout.write(f"Stack '{name.stack}' has been removed!\n")
    return 0


def _typed_name(stack: str) -> bool:
    sys.stdout.write(
        f"This will permanently remove the '{stack}' stack!\nPlease confirm by typing its name: "
    )
    sys.stdout.flush()
    return sys.stdin.readline().strip() == stack


def _write_json(value: object) -> None:
    json.dump(value, sys.stdout, indent=2, ensure_ascii=False)
    sys.stdout.write("\n")
