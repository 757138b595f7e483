"""Decide the steps of a registration: create, update, replace, import, or nothing to do."""

from __future__ import annotations

import copy
import os
from dataclasses import dataclass, field
from typing import Protocol

from engine import paths, urns
from engine.deployment.aliases import Aliases
from engine.deployment.diffs import Diff, compare
from engine.deployment.executor import Executor
from engine.deployment.goal import Goal
from engine.deployment.outcomes import HaltedError
from engine.deployment.plugin import Failure
from engine.deployment.replacements import Replacements
from engine.deployment.run import Run, dependency_urns
from engine.deployment.steps import Op, Step
from engine.display.values import summary
from engine.rows import PROVIDER_PREFIX, Row
from engine.values import Properties


class Crud(Protocol):
    """What answers for a resource: its provider's process, or the registry for a provider row."""

    async def check(
        self, urn: str, olds: Properties, news: Properties, seed: bytes
    ) -> tuple[Properties, list[Failure]]: ...

    async def diff(
        self,
        urn: str,
        identifier: str,
        *,
        old_inputs: Properties,
        old_outputs: Properties,
        news: Properties,
        ignore_changes: list[str],
    ) -> Diff: ...


@dataclass
class Registration:
    """One resource on its way through the planner."""

    goal: Goal
    old: Row | None
    new: Row
    crud: Crud | None
    seed: bytes = field(default_factory=lambda: os.urandom(32))
    imported: bool = False

    @property
    def urn(self) -> str:
        return self.new.urn


class Planner:
    def __init__(self, run: Run, executor: Executor) -> None:
        self._run = run
        self._executor = executor
        self._aliases = Aliases(run.stack, run.project)
        self._replacements = Replacements(run)

    async def register(self, goal: Goal) -> Row:
        """Bring one resource to its goal and return its row."""
        registration = await self._begin(goal)
        if self._is_import(registration):
            await self._import(registration)
        if not await self._check(registration):
            self._run.halt()
            raise HaltedError
        steps = await self._decide(registration)
        self._run.planned.add(registration.urn)
        self._check_skipped(steps)
        for step in steps:
            await self._executor.run(step)
        return self._run.news.get(registration.urn, registration.new)

    # What the registration is about

    async def _begin(self, goal: Goal) -> Registration:
        urn, old = self.claim(goal)
        new = goal.row(urn, old)
        return Registration(goal, old, new, await self._crud(new))

    def claim(self, goal: Goal) -> tuple[str, Row | None]:
        """The URN of a goal, taken by it alone, and the row that it continues."""
        run = self._run
        run.redactor.learn(goal.properties)
        urn = self._unique_urn(goal)
        old = self._aliases.match(urn, goal, run.olds)
        if old is not None and old.urn != urn:
            if old.urn in run.seen:
                self._fail(
                    f"Duplicate resource alias '{old.urn}' applied to resource with URN '{urn}' "
                    f"conflicting with resource with URN '{old.urn}'",
                    urn,
                )
            run.seen.add(old.urn)
        run.goals[urn] = goal
        return urn, old

    def _unique_urn(self, goal: Goal) -> str:
        run = self._run
        urn = urns.make(run.stack, run.project, goal.parent, goal.type, goal.name)
        if urn in run.goals:
            self._fail(f"Duplicate resource URN '{urn}'; try giving it a unique name", urn)
        if urn in self._aliases.taken:
            self._fail(
                f"Duplicate resource URN '{urn}' conflicting with alias on resource with URN "
                f"'{self._aliases.taken[urn]}'",
                urn,
            )
        run.seen.add(urn)
        return urn

    def _fail(self, message: str, urn: str) -> None:
        self._run.error(message, urn)
        self._run.halt()
        raise HaltedError

    async def _crud(self, row: Row) -> Crud | None:
        if not row.custom:
            return None
        if row.type.startswith(PROVIDER_PREFIX):
            return self._run.registry
        return await self._run.registry.plugin(row.provider)

    # Import

    def _is_import(self, registration: Registration) -> bool:
        goal, old = registration.goal, registration.old
        if not (goal.custom and goal.import_id):
            return False
        return old is None or old.external or (old.import_id or old.id) != goal.import_id

    async def _import(self, registration: Registration) -> None:
        """Take the live object in; the rest of the registration then compares the goal with it."""
        old, goal = registration.old, registration.goal
        replacing = old is not None and registration.urn not in self._run.deleted
        op = Op.IMPORT_REPLACEMENT if replacing else Op.IMPORT
        await self._executor.run(Step(op, old, registration.new))
        if replacing:
            await self._executor.run(Step(Op.REPLACE, old, registration.new))
        imported = registration.new
        registration.imported = True
        registration.old = imported
        registration.new = goal.row(imported.urn, imported)

    # Check

    async def _check(self, registration: Registration) -> bool:
        """Ask for the checked inputs, into the new row; False when the provider refuses them."""
        run, old, goal, new = self._run, registration.old, registration.goal, registration.new
        news = goal.properties
        fresh = old is None or old.external or registration.urn in run.deleted
        if old is not None:
            news = self._ignoring_changes(registration, old)
        if registration.crud is None:
            new.inputs = news
            return True
        if not run.targets_include(new):
            new.inputs = old.inputs if old else goal.properties
            return True
        new.inputs, failures = await registration.crud.check(
            registration.urn,
            {} if fresh or old is None else old.inputs,
            goal.properties if fresh else news,
            registration.seed,
        )
        return not self.report_failures(new, failures, news)

    def report_failures(self, row: Row, failures: list[Failure], inputs: Properties) -> bool:
        for failure in failures:
            where = f"{row.type} resource '{urns.name_of(row.urn)}'"
            if failure.property:
                # A path into a property names the place well enough; its value is not at hand.
                value = f" value {summary(inputs[failure.property])}" if failure.property in inputs else ""
                text = f"{where}: property {failure.property}{value} has a problem: {failure.reason}"
            else:
                text = f"{where} has a problem: {failure.reason}"
            self._run.error(text, row.urn)
        return bool(failures)

    def _ignoring_changes(self, registration: Registration, old: Row) -> Properties:
        goal = registration.goal
        if not goal.ignore_changes:
            return goal.properties
        inputs = copy.deepcopy(goal.properties)
        misfits = [
            text for text in goal.ignore_changes if not paths.reset(inputs, old.inputs, paths.parse(text))
        ]
        if misfits:
            listed = ", ".join(misfits)
            self._run.info(
                f'cannot ignore changes in added or removed elements of the path: "{listed}"', old.urn
            )
        return inputs

    # Decide

    async def _decide(self, registration: Registration) -> list[Step]:
        run, old, new = self._run, registration.old, registration.new
        if registration.urn in run.deleted and old is not None:
            return self._recreate(registration, old)
        if old is not None and old.external:
            return [Step(Op.CREATE_REPLACEMENT, old, new), Step(Op.REPLACE, old, new)]
        if not run.targets_include(new):
            return self._untargeted(registration)
        if old is None:
            return [Step(Op.CREATE, None, new)]
        diff = await self._diff(registration, old)
        if registration.urn in run.deleted:
            # A delete-before-replace elsewhere took this resource away while its diff was asked for.
            return self._recreate(registration, old)
        return await self._from_diff(registration, old, diff)

    def _recreate(self, registration: Registration, old: Row) -> list[Step]:
        run, urn, new = self._run, registration.urn, registration.new
        run.deleted.discard(urn)
        run.replaced.add(urn)
        return [
            Step(Op.REPLACE, old, new),
            Step(Op.CREATE_REPLACEMENT, old, new, replace_keys=run.dependent_keys.get(urn, [])),
        ]

    def _untargeted(self, registration: Registration) -> list[Step]:
        old, new = registration.old, registration.new
        if old is None:
            self._run.skipped.add(new.urn)
            return [Step(Op.SAME, None, new, skipped_create=True)]
        kept = copy.copy(old)
        kept.urn = new.urn
        return [Step(Op.SAME, old, kept)]

    def _check_skipped(self, steps: list[Step]) -> None:
        """A targeted resource cannot do without one whose creation was left out."""
        run = self._run
        for step in steps:
            if step.new is None or step.skipped_create or not run.skipped:
                continue
            missing = sorted((dependency_urns(step.new) | {step.new.parent}) & run.skipped)
            for urn in missing:
                run.error(
                    f"Resource '{step.urn}' depends on '{urn}' which was was not specified in --target list.",
                    step.urn,
                )
            if missing and not run.options.dry_run:
                run.halt()
                raise HaltedError

    async def _diff(self, registration: Registration, old: Row) -> Diff:
        new, crud, run = registration.new, registration.crud, self._run
        if new.deleted_with and new.deleted_with in run.replaced:
            return Diff(True, ["deletedWith"])
        if await self._provider_changed(old, new):
            return Diff(True, ["provider"])
        if crud is None:
            return Diff(old.inputs != new.inputs)
        diff = await crud.diff(
            registration.urn,
            old.id,
            old_inputs=old.inputs,
            old_outputs=old.outputs,
            news=new.inputs,
            ignore_changes=registration.goal.ignore_changes,
        )
        if not diff.known:
            diff = compare(old.inputs, new.inputs)
        return diff.with_replace_on_changes(
            registration.goal.replace_on_changes, has_init_errors=bool(old.init_errors)
        )

    async def _provider_changed(self, old: Row, new: Row) -> bool:
        if old.custom != new.custom:
            return True
        if old.provider == new.provider or not new.custom:
            return False
        if not old.provider or not new.provider:
            return True
        old_urn, new_urn = urns.reference_urn(old.provider), urns.reference_urn(new.provider)
        if self._aliases.taken.get(old_urn) == new_urn:
            return False
        return await self._replacements.provider_replaced(old.provider, new.provider)

    async def _from_diff(self, registration: Registration, old: Row, diff: Diff) -> list[Step]:
        run, new = self._run, registration.new
        if old.pending_replacement or (diff.changed and diff.replaces):
            return await self._replace(registration, old, diff)
        if diff.changed or old.init_errors:
            return [Step(Op.UPDATE, old, new, changed_keys=diff.changed_keys, detailed=diff.detailed)]
        if registration.imported:
            run.news[old.urn] = old
            return []
        return [Step(Op.SAME, old, new)]

    async def _replace(self, registration: Registration, old: Row, diff: Diff) -> list[Step]:
        run, goal, new, urn = self._run, registration.goal, registration.new, registration.urn
        self._refuse_replacing(registration, old, diff)
        run.replaced.add(urn)
        if registration.crud is not None:
            # The defaults of the old object are not the new one's.
            new.inputs, failures = await registration.crud.check(urn, {}, goal.properties, registration.seed)
            if self.report_failures(new, failures, goal.properties):
                run.halt()
                raise HaltedError

        def step(op: Op) -> Step:
            return Step(op, old, new, list(diff.replace_keys), list(diff.changed_keys), diff.detailed)

        delete_first = (
            diff.delete_before_replace if goal.delete_before_replace is None else goal.delete_before_replace
        )
        if not delete_first:
            return [step(Op.CREATE_REPLACEMENT), step(Op.REPLACE)]
        steps = await self._replacements.deletes_before(old)
        if not old.pending_replacement:
            run.deleted.add(urn)
            run.deleted_rows.add(id(old))
            steps.append(Step(Op.DELETE_REPLACED, old, None))
        run.deleted.discard(urn)
        return [*steps, step(Op.REPLACE), step(Op.CREATE_REPLACEMENT)]

    def _refuse_replacing(self, registration: Registration, old: Row, diff: Diff) -> None:
        run, new, urn = self._run, registration.new, registration.urn
        if new.protect and old.protect:
            run.error(
                f'unable to replace resource "{urn}"\nas it is currently marked for protection. To unprotect '
                f"the resource, remove the `protect` flag from the resource in your Pulumi program and run "
                f"`pulumi up`",
                urn,
            )
            if not run.options.dry_run:
                run.halt()
                raise HaltedError
        if registration.goal.import_id:
            changes = "\n".join(
                f"{key}: {summary(old.inputs.get(key))} => {summary(new.inputs.get(key))}"
                for key in diff.replace_keys
            )
            message = (
                "previously-imported resources that still specify an ID may not be replaced; "
                f"please remove the `import` declaration from your program;\n{changes}"
            )
            if not run.options.dry_run:
                self._fail(message, urn)
            run.warn(message, urn)
