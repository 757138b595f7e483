"""The user's program, as a child process."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.children import Child, pump_lines
from engine.deployment.run import Run
from engine.deployment.steps import Diagnostic, Severity
from engine.deployment.workspace import Workspace

EXIT_SECONDS = 10.0
LAST_WORDS_SECONDS = 1.0
ALREADY_REPORTED = 32
"""The exit code of a program whose error went through the engine's log."""


@dataclass(frozen=True)
class ProgramConfig:
    """The stack's config: full key to decrypted text, and the keys of the secret ones."""

    values: Mapping[str, str]
    secret_keys: list[str] = field(default_factory=list)


class Program:
    """Start early: it imports the SDK while the state is being refreshed, and then waits for the monitor."""

    def __init__(self, child: Child, pumps: list[asyncio.Task[None]]) -> None:
        self._child = child
        self._pumps = pumps

    @classmethod
    async def start(cls, workspace: Workspace, config: ProgramConfig, run: Run, address: str) -> Program:
        options = {
            "monitor": address,
            "engine": address,
            "project": run.project,
            "root": str(workspace.root),
            "stack": run.stack,
            "parallel": run.options.parallel,
            "dry_run": run.options.dry_run,
        }
        environment = {
            "PULUMI_CONFIG": json.dumps(dict(config.values), ensure_ascii=False),
            "PULUMI_CONFIG_SECRET_KEYS": json.dumps(config.secret_keys, ensure_ascii=False),
        }
        child = workspace.nursery.take("program", workspace.program)
        output, errors = await child.begin([json.dumps(options)], environment, workspace.program)

        def report(line: str) -> None:
            run.emit(Diagnostic(Severity.INFO, line))

        return cls(child, [asyncio.create_task(pump_lines(pipe, report)) for pipe in (output, errors)])

    async def wait(self) -> int:
        """The exit code, once the output has been reported."""
        code = await self._child.wait()
        assert code is not None
        # Something that the program has started may hold its output open for ever.
        await asyncio.wait(self._pumps, timeout=LAST_WORDS_SECONDS)
        return code

    async def end(self) -> None:
        """Let it exit by itself, now that the run is over; one that does not is stopped."""
        await self._child.wait(EXIT_SECONDS)
        await self._child.stop()
        await asyncio.gather(*self._pumps)
