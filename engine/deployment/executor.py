"""Carry out steps: the provider's calls, and the rows before and after them."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from engine.deployment.outcomes import HaltedError, InitError, ProtectedError, ResourceError
from engine.deployment.plugin import Plugin
from engine.deployment.registry import Registry
from engine.deployment.run import Run
from engine.deployment.steps import (
    Op,
    OutputsRegistered,
    Step,
    StepDone,
    StepFailed,
    StepStarted,
)
from engine.errors import EngineError
from engine.redactor import Redactor
from engine.rows import Row
from engine.values import UNKNOWN_TEXT, Properties, Secret

_PENDING_KINDS = {
    Op.CREATE: "creating",
    Op.CREATE_REPLACEMENT: "creating",
    Op.UPDATE: "updating",
    Op.DELETE: "deleting",
    Op.DELETE_REPLACED: "deleting",
    Op.READ: "reading",
    Op.READ_REPLACEMENT: "reading",
    Op.READ_DISCARD: "deleting",
    Op.DISCARD_REPLACED: "deleting",
    Op.IMPORT: "importing",
    Op.IMPORT_REPLACEMENT: "importing",
}
_QUIET = {Op.SAME, Op.REPLACE, Op.REMOVE_PENDING_REPLACE}


def now() -> str:
    """The time as Go writes it, whose fractions end with no zero."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f").rstrip("0").removesuffix(".") + "Z"


class Executor:
    def __init__(self, run: Run) -> None:
        self._run = run

    async def run(self, step: Step) -> None:
        """Do one step to its end; a failure is reported, saved as far as it got, and halts the run."""
        if step.op in _QUIET:
            self._run.check_halted()
            await self._timed(step)
            return
        async with self._run.slots:
            self._run.check_halted()
            await self._timed(step)

    async def _timed(self, step: Step) -> None:
        run = self._run
        run.emit(StepStarted(step))
        started = time.monotonic()
        kind = _PENDING_KINDS.get(step.op)
        operation = await run.journal.begin(step.row, kind) if kind else None
        try:
            await self._apply(step)
        except ProtectedError as error:
            self._report(step, error, time.monotonic() - started)
            raise
        except (ResourceError, InitError, EngineError) as error:
            self._report(step, error, time.monotonic() - started)
            run.halt()
            raise HaltedError from error
        finally:
            if operation is not None:
                await run.journal.end(operation)
        run.emit(StepDone(step, time.monotonic() - started))

    def _report(self, step: Step, error: Exception, seconds: float) -> None:
        self._run.emit(StepFailed(step, seconds))
        self._run.error(str(error), step.urn)

    async def _apply(self, step: Step) -> None:
        match step.op:
            case Op.SAME:
                await self._same(step)
            case Op.CREATE | Op.CREATE_REPLACEMENT:
                await self._create(step)
            case Op.UPDATE:
                await self._update(step)
            case Op.DELETE | Op.DELETE_REPLACED | Op.READ_DISCARD | Op.DISCARD_REPLACED:
                await self._delete(step)
            case Op.READ | Op.READ_REPLACEMENT:
                await self._read(step)
            case Op.IMPORT | Op.IMPORT_REPLACEMENT:
                await self._import(step)
            case Op.REMOVE_PENDING_REPLACE:
                assert step.old
                self._run.journal.drop(step.old)

    async def _crud(self, row: Row) -> Plugin | Registry:
        if row.is_provider:
            return self._run.registry
        return await self._run.registry.plugin(row.provider)

    def _finish(self, row: Row, old: Row | None) -> None:
        hide_secret_outputs(row)
        keep_secrets_out(row, self._run.redactor)
        self._run.news[row.urn] = row
        self._run.journal.put(row, old)

    # The operations

    async def _same(self, step: Step) -> None:
        new, old = step.new, step.old
        assert new
        if step.skipped_create or old is None:
            self._run.news[new.urn] = new
            return
        new.id, new.outputs = old.id, old.outputs
        new.extra = {**_kept_extra(old), **new.extra}
        if new.is_provider and self._run.targets_include(new):
            await self._run.registry.same(old, new.urn)
        self._finish(new, old)

    async def _create(self, step: Step) -> None:
        new = step.new
        assert new
        try:
            if new.custom:
                crud = await self._crud(new)
                new.id, new.outputs = await crud.create(
                    new.urn, new.inputs, new.custom_timeouts.get("create", 0.0), self._run.options.dry_run
                )
        except InitError as partial:
            new.id, new.outputs, new.init_errors = partial.id, partial.properties, partial.reasons
            self._created(step)
            raise
        self._created(step)

    def _created(self, step: Step) -> None:
        new, old = step.new, step.old
        assert new
        new.created = new.modified = now()
        if old is not None and old.pending_replacement:
            # Its object went before; the new row takes the place of the old one.
            self._finish(new, old)
            return
        if old is not None:
            old.delete = True
            self._run.journal.touch()
        self._finish(new, None)

    async def _update(self, step: Step) -> None:
        new, old = step.new, step.old
        assert new is not None
        assert old is not None
        new.id, new.created, new.modified = old.id, old.created, old.modified
        new.extra = {**_kept_extra(old), **new.extra}
        if not new.custom:
            self._finish(new, old)
            return
        crud = await self._crud(new)
        try:
            new.outputs = await crud.update(
                new.urn,
                old.id,
                old_inputs=old.inputs,
                old_outputs=old.outputs,
                news=new.inputs,
                timeout=new.custom_timeouts.get("update", 0.0),
                ignore_changes=new.ignore_changes,
                preview=self._run.options.dry_run,
            )
        except InitError as partial:
            # The goal was not reached, so the old inputs stay: the next run sees the difference again.
            new.inputs, new.outputs, new.init_errors = old.inputs, partial.properties, partial.reasons
            new.modified = now()
            self._finish(new, old)
            raise
        new.modified = now()
        self._finish(new, old)

    async def _delete(self, step: Step) -> None:
        run, old = self._run, step.old
        assert old
        replacing = step.op in (Op.DELETE_REPLACED, Op.DISCARD_REPLACED)
        if old.protect and not replacing:
            raise ProtectedError(
                f'resource "{old.urn}" cannot be deleted\nbecause it is protected. To unprotect the '
                f"resource, either remove the `protect` flag from the resource in your Pulumi program and "
                f"run `pulumi up`, or use the command:\n`pulumi state unprotect '{old.urn}'`"
            )
        goes_with = old.deleted_with and old.deleted_with in run.deleted
        if old.custom and not (run.options.dry_run or old.external or step.retained or goes_with):
            crud = await self._crud(old)
            await crud.delete(
                old.urn,
                old.id,
                inputs=old.inputs,
                outputs=old.outputs,
                timeout=old.custom_timeouts.get("delete", 0.0),
            )
        if replacing and not old.delete:
            # Until its successor exists the row stays, and says that its object is gone.
            old.pending_replacement = True
            run.journal.touch()
        else:
            run.journal.drop(old)

    async def _read(self, step: Step) -> None:
        new, old = step.new, step.old
        assert new
        if new.id == UNKNOWN_TEXT:
            new.outputs = {}
        else:
            plugin = await self._run.registry.plugin(new.provider)
            found = await plugin.read(new.urn, new.id, inputs=new.inputs, outputs=new.inputs)
            if not found.id:
                raise ResourceError(f"resource '{new.id}' does not exist")
            new.id, new.outputs, new.init_errors = found.id, found.outputs, found.init_errors
        if old is not None:
            new.created, new.modified = old.created, old.modified
            if (old.inputs, old.outputs) != (new.inputs, new.outputs):
                new.modified = now()
        if step.op is Op.READ_REPLACEMENT and old is not None:
            old.delete = True
            self._finish(new, None)
        else:
            self._finish(new, old)

    async def _import(self, step: Step) -> None:
        new, old = step.new, step.old
        assert new
        if old is None and new.urn in self._run.olds:
            raise ResourceError(f"resource '{new.urn}' already exists")
        if new.custom:
            await self.read_live(new)
        else:
            new.created = new.modified = now()
        if old is not None:
            old.delete = True
            self._run.journal.touch()
        self._finish(new, None)

    async def read_live(self, row: Row) -> None:
        """Fill a row with what is live under its import ID."""
        plugin = await self._run.registry.plugin(row.provider)
        found = await plugin.read(row.urn, row.import_id, inputs=None, outputs=None)
        if not found.id:
            raise ResourceError(f"resource '{row.import_id}' does not exist")
        if found.inputs is None:
            raise ResourceError(
                f"provider does not support importing resources; "
                f"please try updating the '{plugin.package}' plugin"
            )
        row.id, row.inputs, row.outputs = found.id, found.inputs, found.outputs
        row.init_errors = found.init_errors
        row.created = row.modified = now()

    def register_outputs(self, urn: str, outputs: Properties) -> None:
        """Replace the outputs of a component."""
        row = self._run.news[urn]
        row.outputs = outputs
        self._run.journal.touch()
        self._run.emit(OutputsRegistered(row, self._run.olds.get(urn)))


def hide_secret_outputs(row: Row) -> None:
    """Mark as secret what the program named, and what bears the name of a secret input."""
    hidden = {key for key, value in row.inputs.items() if isinstance(value, Secret)}
    hidden.update(row.additional_secret_outputs)
    row.outputs = {
        key: Secret(value) if key in hidden and not isinstance(value, Secret) else value
        for key, value in row.outputs.items()
    }


def keep_secrets_out(row: Row, redactor: Redactor) -> None:
    """Learn a row's secrets, and take them out of what its provider said, which the state holds in plain."""
    redactor.learn_row(row)
    row.init_errors = [redactor.clean(reason) for reason in row.init_errors]


def _kept_extra(old: Row) -> Properties:
    """What a row carries over; where it came from in the source is told anew by each registration."""
    return {key: value for key, value in old.extra.items() if key not in ("stackTrace", "hideDiff")}
