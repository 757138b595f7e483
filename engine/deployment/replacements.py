"""What a replacement drags along: dependents that must go first, providers that cannot serve old rows."""

from __future__ import annotations

from engine import urns
from engine.deployment.diffs import compare
from engine.deployment.outcomes import HaltedError, ResourceError
from engine.deployment.registry import provider_config
from engine.deployment.run import Run, dependency_urns
from engine.deployment.steps import Op, Step
from engine.rows import Row
from engine.values import UNKNOWN, Properties


class Replacements:
    def __init__(self, run: Run) -> None:
        self._run = run

    async def provider_replaced(self, old: str, new: str) -> bool:
        """Whether the provider that `new` names refuses to go on with what `old` made."""
        run = self._run
        old_row = run.olds.get(urns.reference_urn(old))
        new_row = run.news.get(urns.reference_urn(new)) or run.olds.get(urns.reference_urn(new))
        if old_row is None or new_row is None:
            raise ResourceError(f"the provider {old} of this resource is not in the state")
        plugin = await run.registry.plugin(new)
        diff = await plugin.diff_config(
            new_row.urn, provider_config(old_row.inputs), old_row.outputs, provider_config(new_row.inputs)
        )
        return diff.replaces

    async def deletes_before(self, root: Row) -> list[Step]:
        """Deletes of the dependents that a replacement of `root` replaces too, the last dependent first."""
        run = self._run
        steps = []
        for row, keys in reversed(await self._dependents(root)):
            if id(row) in run.deleted_rows:
                continue
            if row.protect and not row.delete:
                self._refuse(root, row)
            run.dependent_keys[row.urn] = keys
            run.deleted.add(row.urn)
            run.deleted_rows.add(id(row))
            steps.append(Step(Op.DELETE if row.delete else Op.DELETE_REPLACED, row, None))
        await self._ensure_provider(root)
        return steps

    def _refuse(self, root: Row, row: Row) -> None:
        self._run.error(
            f'unable to replace resource "{row.urn}" as part of replacing "{root.urn}" as it is currently '
            f"marked for protection. To unprotect the resource, remove the `protect` flag from the resource "
            f"in your Pulumi program and run `pulumi up`, or use the command:\n"
            f"`pulumi state unprotect '{row.urn}'`",
            root.urn,
        )
        self._run.halt()
        raise HaltedError

    async def _dependents(self, root: Row) -> list[tuple[Row, list[str]]]:
        """Transitive dependents of `root` that a change of it replaces, dependencies first."""
        run = self._run
        replaced = {root.urn}
        dependents = {root.urn}
        found: list[tuple[Row, list[str]]] = []
        rows = run.base.rows
        start = next((index for index, row in enumerate(rows) if row is root), len(rows))
        for row in rows[start + 1 :]:
            # What this run has decided already was registered without waiting for the root: no dependent.
            if row.urn in run.planned or not dependency_urns(row) & dependents:
                continue
            dependents.add(row.urn)
            replaces, keys = await self._replaced_by(row, replaced)
            if replaces:
                replaced.add(row.urn)
                found.append((row, keys))
        return found

    async def _replaced_by(self, row: Row, replaced: set[str]) -> tuple[bool, list[str]]:
        if not row.custom or row.external:
            return False, []
        if row.provider and urns.reference_urn(row.provider) in replaced:
            await self._ensure_provider(row)
            return True, []
        if row.deleted_with in replaced:
            return True, []
        inputs = _with_unknowns(row, replaced)
        if inputs is None:
            return False, []
        await self._ensure_provider(row)
        run = self._run
        crud = run.registry if row.is_provider else await run.registry.plugin(row.provider)
        diff = await crud.diff(
            row.urn,
            row.id,
            old_inputs=row.inputs,
            old_outputs=row.outputs,
            news=inputs,
            ignore_changes=row.ignore_changes,
        )
        if not diff.known:
            diff = compare(row.inputs, inputs)
        diff = diff.with_replace_on_changes(row.replace_on_changes, has_init_errors=False)
        return diff.replaces, diff.replace_keys

    async def _ensure_provider(self, row: Row) -> None:
        run = self._run
        if not row.provider or run.registry.knows(row.provider):
            return
        provider = run.olds.get(urns.reference_urn(row.provider))
        if provider is None or provider.id != urns.reference_id(row.provider):
            raise ResourceError(f"the provider {row.provider} of {row.urn} is not in the state")
        await run.registry.ensure(provider)


def _with_unknowns(row: Row, replaced: set[str]) -> Properties | None:
    """The row's inputs with those unknown that come from replaced resources; None when there are none."""
    touched = {key for key, needed in row.property_dependencies.items() if replaced & set(needed)}
    if not touched & set(row.inputs):
        return None
    return {key: UNKNOWN if key in touched else value for key, value in row.inputs.items()}
