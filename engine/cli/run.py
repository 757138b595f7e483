"""The commands that run a deployment."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

from engine import urns
from engine.backend import FileBackend, Update
from engine.cli.config import typed
from engine.cli.session import Session
from engine.deployment.deploy import Deployment, Result
from engine.deployment.deploy import Stack as DeployedStack
from engine.deployment.importing import import_resources, read_import_file
from engine.deployment.program import ProgramConfig
from engine.deployment.run import Options, Targets
from engine.deployment.steps import Event
from engine.deployment.workspace import Workspace
from engine.display.import_file import ImportFile
from engine.display.paint import wants_colour
from engine.display.view import Form, View
from engine.errors import EngineError
from engine.rows import Snapshot
from engine.stack_config import key_and_path

NOT_CONFIRMED = 2
CHANGES_FOUND = 7
CHANGING = {"update": "Updating", "refresh": "Refreshing", "destroy": "Destroying", "import": "Importing"}
HEADINGS = {key: f"Previewing {key}" for key in CHANGING}

Work = Callable[[Deployment], Awaitable[Result]]


class Runner:
    """Previews, asks, runs and records one kind of deployment."""

    def __init__(self, session: Session, kind: str, work: Work) -> None:
        self.session = session
        self.arguments = session.arguments
        self.kind = kind
        self.work = work

    def preview(self) -> int:
        """Only show what would be done."""
        result, view = asyncio.run(self._run(dry_run=True))
        return self._code(result, view)

    def change(self) -> int:
        """Preview unless told not to, ask where that is possible, then do it under the stack's lock."""
        arguments = self.arguments
        self.session.refuse_hosted()
        if not (arguments.yes or arguments.skip_preview or self.session.is_interactive):
            raise EngineError(
                "--yes or --skip-preview must be passed in to proceed when running in non-interactive mode",
                NOT_CONFIRMED,
            )
        self.session.stack.crypter.verify()
        with self.session.backend.lock(self.session.name):
            # What was loaded before the lock was held may be outdated.
            del self.session.stack
            self._warn_of_pending()
            if not arguments.skip_preview:
                result, view = asyncio.run(self._run(dry_run=True))
                if result.failed:
                    return self._code(result, view)
                if not arguments.yes and not confirmed(self.kind, view):
                    sys.stdout.write(f"confirmation declined, not proceeding with the {self.kind}\n")
                    return 1
            return self._change()

    def _change(self) -> int:
        started = int(time.time())
        result, view = asyncio.run(self._run(dry_run=False))
        update = Update(
            kind=self.kind,
            start_time=started,
            end_time=int(time.time()),
            succeeded=not result.failed,
            resource_changes={op.value: count for op, count in view.tally.counts.items()},
            config=self.session.config.as_json(),
            message=self.arguments.message or "",
        )
        self.session.backend.record(self.session.name, update)
        return self._code(result, view)

    def _code(self, result: Result, view: View) -> int:
        if result.failed:
            return 1
        if self.arguments.expect_no_changes and view.tally.changes:
            what = "proposed" if view.preview else "made"
            sys.stderr.write(f"error: no changes were expected but changes were {what}\n")
            return CHANGES_FOUND
        return 0

    def _warn_of_pending(self) -> None:
        pending = self.session.stack.snapshot.pending_operations
        if not pending:
            return
        listed = "\n".join(f"  * {op.row.urn}, interrupted while {op.kind}" for op in pending)
        sys.stderr.write(
            f"warning: Attempting to deploy or update resources with {len(pending)} pending operations from "
            f"previous deployment.\n{listed}\n"
            f"These resources are in an unknown state because the engine was interrupted while waiting for "
            f"changes to them to complete. `pulumi refresh --clear-pending-creates` forgets those being "
            f"created.\n"
        )

    async def _run(self, *, dry_run: bool) -> tuple[Result, View]:
        session, arguments = self.session, self.arguments
        stack = deployed_stack(session, dry_run=dry_run)
        aimed = f", target {session.target}" if session.target else ""
        heading = HEADINGS[self.kind] if dry_run else CHANGING[self.kind]
        view = View(
            f"{heading} ({session.name.stack}): embedded engine{aimed}",
            form_of(session, self.kind),
            stack.config,
            stack.redactor,
            urns.stack_urn(stack.name, stack.workspace.project),
            preview=dry_run,
            refreshing=self.kind == "refresh",
        )
        import_file = ImportFile() if dry_run and getattr(arguments, "import_file", None) else None

        def emit(event: Event) -> None:
            view.show(event)
            if import_file is not None:
                import_file.show(event)

        options = Options(
            dry_run=dry_run,
            parallel=_parallel(arguments.parallel),
            targets=Targets(tuple(arguments.target), arguments.target_dependents),
        )
        async with Deployment(stack, options, emit) as deployment:
            with interruptible(deployment, view, session.backend):
                result = await self.work(deployment)
        view.finish(result)
        if import_file is not None:
            import_file.write(Path(arguments.import_file))
        return result, view


def _parallel(wanted: int | None) -> int:
    return 4 * (os.cpu_count() or 1) if wanted is None else max(wanted, 1)


def form_of(session: Session, kind: str) -> Form:
    arguments = session.arguments
    return Form(
        json=arguments.json,
        diff=arguments.diff,
        show_sames=arguments.show_sames,
        # Those of a stack that is to go are not worth a word.
        suppress_outputs=arguments.suppress_outputs or kind == "destroy",
        live=sys.stdout.isatty() and not arguments.non_interactive,
        colour=wants_colour(arguments.color),
    )


def deployed_stack(session: Session, *, dry_run: bool) -> DeployedStack:
    project, config = session.project, session.config
    site_packages = next(iter((session.python.parent.parent / "lib").glob("python3.*/site-packages")), None)

    def load() -> Snapshot:
        snapshot = session.stack.snapshot
        clears = getattr(session.arguments, "clear_pending_creates", False)
        return Snapshot(snapshot.rows) if clears else snapshot

    def save(current: Snapshot) -> Callable[[], None]:
        return session.backend.saving(session.stack, current)

    return DeployedStack(
        workspace=Workspace(
            root=project.root,
            project=project.name,
            program=project.program,
            plugin_paths=project.plugin_paths,
            runtime_options={key: str(value) for key, value in project.runtime_options.items()},
            nursery=session.nursery,
        ),
        name=session.name.stack,
        config=ProgramConfig(config.decrypted(session.crypter), config.secret_keys),
        namespace=session.namespace,
        load=load,
        save=None if dry_run else save,
        site_packages=site_packages,
    )


@contextlib.contextmanager
def interruptible(deployment: Deployment, view: View, backend: FileBackend) -> Iterator[None]:
    """The first ^C lets running operations complete; a second one ends everything at once."""
    loop = asyncio.get_running_loop()
    tasks: list[asyncio.Task[None]] = []

    def interrupt() -> None:
        if tasks:
            view.close()
            backend.release()
            os._exit(1)
        view.note(
            "^C received; cancelling. If you would like to terminate immediately, press ^C again.\n"
            "Note that terminating immediately may lead to orphaned resources and other inconsistencies."
        )
        tasks.append(asyncio.ensure_future(deployment.interrupt()))

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, interrupt)
    try:
        yield
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


def confirmed(kind: str, view: View) -> bool:
    """Ask until the answer is yes or no; the end of the input is a no."""
    while True:
        sys.stdout.write(f"Do you want to perform this {kind}? (yes/no/details) ")
        sys.stdout.flush()
        answer = sys.stdin.readline()
        match answer.strip().lower():
            case "yes" | "y":
                return True
            case "no" | "n":
                return False
            case "details" | "d":
                view.show_details()
            case "" if not answer:
                return False


def _update(arguments: argparse.Namespace, session: Session) -> Work:
    refresh_first = wants_refresh(arguments, session)
    return lambda deployment: deployment.update(refresh_first=refresh_first)


def wants_refresh(arguments: argparse.Namespace, session: Session) -> bool:
    if arguments.refresh is None:
        return session.project.refresh_always
    return bool(arguments.refresh == "true")


def preview(session: Session) -> int:
    save_config(session)
    return Runner(session, "update", _update(session.arguments, session)).preview()


def up(session: Session) -> int:
    session.refuse_hosted()
    save_config(session)
    return Runner(session, "update", _update(session.arguments, session)).change()


def refresh(session: Session) -> int:
    runner = Runner(session, "refresh", lambda deployment: deployment.refresh())
    return runner.preview() if previews_only(session) else runner.change()


def destroy(session: Session) -> int:
    arguments = session.arguments
    refresh_first = wants_refresh(arguments, session)
    runner = Runner(session, "destroy", lambda deployment: deployment.destroy(refresh_first=refresh_first))
    if previews_only(session):
        return runner.preview()
    code = runner.change()
    if code == 0:
        _tell_what_is_left(session)
    return code


def _tell_what_is_left(session: Session) -> None:
    if session.arguments.remove:
        session.backend.remove(session.name)
        session.project.config_file(session.name.stack).unlink(missing_ok=True)
        sys.stdout.write(
            "The resources in the stack have been deleted, and the history and configuration removed.\n"
        )
    elif not session.stack.snapshot.rows:
        sys.stdout.write(
            "The resources in the stack have been deleted, but the history and configuration associated with "
            f"the stack are still maintained.\nIf you want to remove the stack completely, run "
            f"`pulumi stack rm {session.name.stack}`.\n"
        )


def previews_only(session: Session) -> bool:
    arguments = session.arguments
    if arguments.preview_only and arguments.yes:
        raise EngineError("--yes and --preview-only cannot be used together")
    return bool(arguments.preview_only)


def import_(session: Session) -> int:
    arguments = session.arguments
    imports = read_import_file(Path(arguments.file), session.name.stack, session.project.name)

    async def work(deployment: Deployment) -> None:
        await import_resources(deployment, imports, protect=arguments.protect == "true")

    return Runner(session, "import", lambda deployment: deployment.carry_out(work)).change()


def save_config(session: Session) -> None:
    """`-c key=value` sets the stack's config for good, as it does with the CLI."""
    entries = session.arguments.config or []
    for entry in entries:
        key, separator, value = entry.partition("=")
        if not separator:
            raise EngineError(f"-c {entry} has no value; write -c <key>=<value>")
        place, path = key_and_path(key) if session.arguments.config_path else (key, ())
        session.config.set(place, typed(value, None, within=bool(path)), path=path)
    if entries:
        session.config.save()
