"""Bring the state to what is live, without the program."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

from engine import urns
from engine.deployment.diffs import Diff, compare
from engine.deployment.executor import hide_secret_outputs, keep_secrets_out, now
from engine.deployment.outcomes import InitError, ResourceError
from engine.deployment.plugin import Plugin
from engine.deployment.run import Run
from engine.deployment.steps import Op, Step, StepDone, StepFailed, StepStarted
from engine.errors import EngineError
from engine.rows import Row, Snapshot
from engine.values import marked_like


async def refresh(run: Run) -> Snapshot:
    """Read every row; the snapshot with what was found. A failed read halts the run when all are done."""
    rows = [row for row in run.base.rows if run.is_target(row)]
    steps = await asyncio.gather(*(_refresh_row(run, row) for row in rows))
    if run.failed:
        run.halt()
    results = {id(row): step for row, step in zip(rows, steps, strict=True)}
    return Snapshot(_rebuilt(run.base.rows, results), run.base.pending_operations)


def _is_live(row: Row) -> bool:
    """Whether there is an object to be read; components, providers and what waits for its maker have none."""
    return row.custom and not row.is_provider and not row.pending_replacement


async def _refresh_row(run: Run, row: Row) -> Step | None:
    """The finished step; None when it failed or the run had ended before."""
    step = Step(Op.REFRESH, row, replace(row), result_op=Op.SAME)
    async with run.slots:
        if run.halted.is_set():
            return None
        run.emit(StepStarted(step))
        started = time.monotonic()
        try:
            if _is_live(row):
                await _read(run, step, row)
        except (ResourceError, InitError, EngineError) as error:
            run.emit(StepFailed(step, time.monotonic() - started))
            run.error(str(error), row.urn)
            return None
        run.emit(StepDone(step, time.monotonic() - started))
        return step


async def _read(run: Run, step: Step, row: Row) -> None:
    new = step.new
    assert new
    plugin = await _provider(run, row)
    found = await plugin.read(row.urn, row.id, inputs=row.inputs, outputs=row.outputs)
    if found.init_errors:
        listed = "\n* ".join(found.init_errors)
        run.warn(f"Refreshed resource is in an unhealthy state:\n* {listed}", row.urn)
    if not found.id:
        step.new, step.result_op = None, Op.DELETE
        return
    # What was secret stays so, even if the provider no longer says it.
    new.id, new.outputs, new.init_errors = (
        found.id,
        marked_like(found.outputs, row.outputs),
        found.init_errors,
    )
    if found.inputs is not None:
        new.inputs = marked_like(found.inputs, row.inputs)
    hide_secret_outputs(new)
    keep_secrets_out(new, run.redactor)
    if (new.inputs, new.outputs) != (row.inputs, row.outputs):
        new.modified = now()
    if row.external:
        changed = new.outputs != row.outputs
    else:
        diff = await _diff_against_state(plugin, row, new)
        changed = diff.changed
        step.changed_keys, step.detailed = diff.changed_keys, diff.detailed
    if changed:
        step.result_op = Op.UPDATE


async def _provider(run: Run, row: Row) -> Plugin:
    provider = run.olds.get(urns.reference_urn(row.provider))
    if provider is None or provider.id != urns.reference_id(row.provider):
        raise ResourceError(f"the provider {row.provider} of this resource is not in the state")
    return await run.registry.ensure(provider)


async def _diff_against_state(plugin: Plugin, row: Row, new: Row) -> Diff:
    """What the next update would change back, turned around: what has changed."""
    diff = await plugin.diff(
        row.urn,
        new.id,
        old_inputs=new.inputs,
        old_outputs=new.outputs,
        news=row.inputs,
        ignore_changes=row.ignore_changes,
    )
    if not diff.known:
        diff = compare(new.inputs, row.inputs)
    return diff.inverted()


def _rebuilt(rows: list[Row], results: dict[int, Step | None]) -> list[Row]:
    """The rows that are left, without references to those that are gone.

    A URN may stand for several rows (a replaced one waits for its deletion), so what may be referred to is
    decided from place to place.
    """
    found: list[Row] = []
    present: set[str] = set()
    for row in rows:
        step = results.get(id(row))
        new = row if step is None else step.new
        if new is None:
            continue
        found.append(_without_dangling(new, present))
        present.add(new.urn)
    return found


def _without_dangling(row: Row, present: set[str]) -> Row:
    return replace(
        row,
        parent=row.parent if row.parent in present else "",
        dependencies=[urn for urn in row.dependencies if urn in present],
        # A property that needs nothing, or nothing any longer, has no entry after a refresh of the CLI's.
        property_dependencies={
            key: kept
            for key, needed in row.property_dependencies.items()
            if (kept := [urn for urn in needed if urn in present])
        },
        deleted_with=row.deleted_with if row.deleted_with in present else "",
    )
