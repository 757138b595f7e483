"""`pulumi state ...`: the state itself, edited without a look at what is live."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable

from engine.cli.session import Session
from engine.deployment.run import dependency_urns
from engine.errors import EngineError
from engine.rows import Row, Snapshot


def protect(session: Session) -> int:
    """Keep resources from being deleted."""
    return _mark(session, protect=True)


def unprotect(session: Session) -> int:
    """Let resources be deleted again."""
    return _mark(session, protect=False)


def delete(session: Session) -> int:
    """Forget resources, which stay as they are."""
    arguments = session.arguments

    def edit(snapshot: Snapshot) -> Snapshot:
        condemned = _named(snapshot, _urns(session))
        if arguments.target_dependents:
            condemned = _with_dependents(snapshot, condemned)
        _require_deletable(snapshot, condemned, force=arguments.force)
        gone = {id(row) for row in condemned}
        return Snapshot([row for row in snapshot.rows if id(row) not in gone], snapshot.pending_operations)

    before, after = _edit(session, edit)
    count = len(before.rows) - len(after.rows)
    sys.stdout.write("Resource deleted\n" if count == 1 else f"{count} resources deleted\n")
    return 0


def _mark(session: Session, *, protect: bool) -> int:
    def edit(snapshot: Snapshot) -> Snapshot:
        rows = snapshot.rows if session.arguments.all else _named(snapshot, _urns(session))
        for row in rows:
            row.protect = protect
        return snapshot

    _edit(session, edit)
    count = "All" if session.arguments.all else len(session.arguments.urns)
    sys.stdout.write(f"{count} resources {'protected' if protect else 'unprotected'}\n")
    return 0


def _edit(session: Session, edit: Callable[[Snapshot], Snapshot]) -> tuple[Snapshot, Snapshot]:
    """The state before and after; it is written under the stack's lock."""
    session.refuse_hosted()
    with session.backend.lock(session.name):
        before = session.stack.snapshot
        session.stack.crypter.verify()
        after = edit(Snapshot(list(before.rows), before.pending_operations))
        session.backend.save(session.stack, after)
    return before, after


def _urns(session: Session) -> list[str]:
    if not session.arguments.urns:
        raise EngineError("no resource is named; give its URN, as `pulumi stack --show-urns` lists them")
    return list(session.arguments.urns)


def _named(snapshot: Snapshot, urns: Iterable[str]) -> list[Row]:
    found: list[Row] = []
    for urn in urns:
        rows = [row for row in snapshot.rows if row.urn == urn]
        if not rows:
            raise EngineError(
                f'No such resource "{urn}" exists in the current state; '
                "`pulumi stack --show-urns` lists those that do"
            )
        found += rows
    return found


def _with_dependents(snapshot: Snapshot, condemned: list[Row]) -> list[Row]:
    urns = {row.urn for row in condemned}
    for row in snapshot.rows:
        if (dependency_urns(row) | {row.parent}) & urns:
            urns.add(row.urn)
    return [row for row in snapshot.rows if row.urn in urns]


def _require_deletable(snapshot: Snapshot, condemned: list[Row], *, force: bool) -> None:
    gone = {id(row) for row in condemned}
    for row in condemned:
        if row.protect and not force:
            raise EngineError(
                f"{row.urn} can't be safely deleted because it is protected; unprotect it, or add --force"
            )
        needed_by = [
            other.urn
            for other in snapshot.rows
            if id(other) not in gone and row.urn in dependency_urns(other) | {other.parent}
        ]
        if needed_by:
            listed = "\n".join(f" * {urn}" for urn in needed_by)
            raise EngineError(
                f"{row.urn} can't be safely deleted because the following resources depend on it:\n{listed}\n"
                "Delete those first, or add --target-dependents."
            )
