"""Delete what the program no longer registers, dependents before what they depend on."""

from __future__ import annotations

import asyncio

from engine import urns
from engine.deployment.executor import Executor
from engine.deployment.outcomes import HaltedError, ProtectedError, ResourceError
from engine.deployment.run import Run, dependency_urns
from engine.deployment.steps import Op, Step, StepDone, StepStarted
from engine.rows import Row


class Deletes:
    def __init__(self, run: Run, executor: Executor) -> None:
        self._run = run
        self._executor = executor

    async def run(self) -> None:
        """Plan and do all deletes of the run. Call only when everything else has succeeded."""
        steps = self._plan()
        self._run.deleted.update(step.urn for step in steps if step.op is not Op.DELETE_REPLACED)
        await self._ensure_providers(steps)
        kept: set[str] = set()
        for layer in self._layers(steps):
            going = [step for step in layer if step.urn not in kept]
            results = await asyncio.gather(
                *(self._executor.run(step) for step in going), return_exceptions=True
            )
            for step, result in zip(going, results, strict=True):
                if isinstance(result, ProtectedError):
                    # It stays, and with it all that it needs; the others go.
                    kept |= self._needed_by(step.row)
                elif isinstance(result, BaseException):
                    raise result

    def _needed_by(self, row: Row) -> set[str]:
        """Everything that a row needs, directly or through others."""
        needed = dependency_urns(row) | {row.parent}
        for other in reversed(self._run.base.rows):
            if other.urn in needed:
                needed |= dependency_urns(other) | {other.parent}
        return needed

    def _plan(self) -> list[Step]:
        run = self._run
        allowed = self._allowed()
        steps = []
        for row in run.base.rows:
            if id(row) in run.deleted_rows or (allowed is not None and row.urn not in allowed):
                continue
            if row.delete:
                op = Op.DISCARD_REPLACED if row.external else Op.DELETE_REPLACED
            elif row.urn in run.seen:
                continue
            elif row.pending_replacement:
                op = Op.REMOVE_PENDING_REPLACE
            else:
                op = Op.READ_DISCARD if row.external else Op.DELETE
            steps.append(Step(op, row, None))
        self._refuse_untargeted(steps)
        self._tell_left_alone(allowed)
        return steps

    def _tell_left_alone(self, allowed: set[str] | None) -> None:
        """Rows that neither the program nor the targets name stay as they are, and count as unchanged."""
        if allowed is None:
            return
        for row in self._run.base.rows:
            if row.urn not in allowed and row.urn not in self._run.seen and not row.delete:
                step = Step(Op.SAME, row, row)
                self._run.emit(StepStarted(step))
                self._run.emit(StepDone(step, 0))

    def _allowed(self) -> set[str] | None:
        """The targets with all that depends on them; None without targets."""
        targets = self._run.options.targets
        if not targets:
            return None
        allowed: set[str] = set()
        for row in self._run.base.rows:
            if targets.names(row.urn) or (dependency_urns(row) | {row.parent}) & allowed:
                allowed.add(row.urn)
        return allowed

    def _refuse_untargeted(self, steps: list[Step]) -> None:
        run, targets = self._run, self._run.options.targets
        if not targets or targets.dependents:
            return
        refused = [step for step in steps if not targets.names(step.urn)]
        for step in refused:
            run.error(
                f"Resource '{step.urn}' will be destroyed but was not specified in --target list.\n"
                f"Either include resource in --target list or pass --target-dependents to proceed.",
                step.urn,
            )
        if refused and not run.options.dry_run:
            run.halt()
            raise HaltedError

    async def _ensure_providers(self, steps: list[Step]) -> None:
        run = self._run
        if run.options.dry_run:
            return
        for step in steps:
            row = step.row
            if not row.custom or row.is_provider or not row.provider or run.registry.knows(row.provider):
                continue
            provider = next((r for r in run.base.rows if urns.reference(r.urn, r.id) == row.provider), None)
            if provider is None:
                raise ResourceError(f"the provider {row.provider} of {row.urn} is not in the state")
            await run.registry.ensure(provider)

    def _layers(self, steps: list[Step]) -> list[list[Step]]:
        """Groups that can go at once; the last dependents come first."""
        condemned = {id(step.row): step for step in steps}
        needs = self._needs(condemned)
        layers: list[list[Step]] = []
        while condemned:
            free = [step for key, step in condemned.items() if not needs[key] & condemned.keys()]
            if not free:
                raise ResourceError(
                    "the state's dependencies run in a circle; repair it with stack export/import"
                )
            layers.append(free)
            for step in free:
                del condemned[id(step.row)]
        return layers[::-1]

    def _needs(self, condemned: dict[int, Step]) -> dict[int, set[int]]:
        """For each condemned row the rows before it in the state that it needs."""
        rows_by_urn: dict[str, list[Row]] = {}
        needs: dict[int, set[int]] = {}
        for row in self._run.base.rows:
            if id(row) in condemned:
                wanted = dependency_urns(row) | {row.parent}
                needs[id(row)] = {id(r) for urn in wanted for r in rows_by_urn.get(urn, [])}
            rows_by_urn.setdefault(row.urn, []).append(row)
        return needs
