"""Resources that a program only looks up (`.get`)."""

from __future__ import annotations

from engine.deployment.executor import Executor
from engine.deployment.goal import Goal
from engine.deployment.planner import Planner
from engine.deployment.run import Run
from engine.deployment.steps import Op, Step
from engine.rows import Row


class Reader:
    def __init__(self, run: Run, executor: Executor, planner: Planner) -> None:
        self._run = run
        self._executor = executor
        self._planner = planner

    async def read(self, goal: Goal, identifier: str) -> Row:
        """Read one object, in a preview too; it becomes an external row, which no run ever deletes."""
        urn, old = self._planner.claim(goal)
        new = goal.row(urn, old)
        new.external, new.id = True, identifier
        self._run.planned.add(urn)
        if old is not None and not old.external and old.id != identifier:
            self._run.replaced.add(urn)
            await self._executor.run(Step(Op.READ_REPLACEMENT, old, new))
            await self._executor.run(Step(Op.REPLACE, old, new))
        else:
            await self._executor.run(Step(Op.READ, old, new))
        return new
