"""One run from its start to its end: refresh, program, deletes, and the state that is left."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import grpc

from engine.deployment.defaults import DefaultProviders
from engine.deployment.deletes import Deletes
from engine.deployment.executor import Executor
from engine.deployment.journal import Journal, Save
from engine.deployment.monitor import Engine, Monitor
from engine.deployment.outcomes import HaltedError, InitError, ResourceError
from engine.deployment.planner import Planner
from engine.deployment.program import ALREADY_REPORTED, Program, ProgramConfig
from engine.deployment.refresh import refresh
from engine.deployment.registry import Registry, plugin_version
from engine.deployment.run import Options, Run, own_copy
from engine.deployment.steps import Emit
from engine.deployment.workspace import Workspace
from engine.errors import EngineError
from engine.proto import CHANNEL_OPTIONS, engine_pb2_grpc, resource_pb2_grpc
from engine.redactor import Redactor
from engine.rows import Row, Snapshot
from engine.urns import package_of
from engine.values import Properties, Secret


@dataclass
class Stack:
    """What a run is about: a stack's project, config and state."""

    workspace: Workspace
    name: str
    config: ProgramConfig
    namespace: Callable[[str], Properties]
    """A provider's part of the config, bare keys."""
    load: Callable[[], Snapshot]
    """Reads the state, once; may take long, and raise EngineError."""
    save: Save | None
    """Called around every step; None for a run that only shows what it would do."""
    site_packages: Path | None = None

    def __post_init__(self) -> None:
        self.redactor = Redactor()
        for key in self.config.secret_keys:
            self.redactor.learn(Secret(self.config.values[key]))


@dataclass
class Result:
    """How a run ended; `snapshot` is the state as it is, or as it would be after a preview."""

    failed: bool
    interrupted: bool
    snapshot: Snapshot
    stack_outputs: Properties = field(default_factory=dict)
    old_stack_outputs: Properties | None = None
    """None when the stack did not exist before."""


class Deployment:
    """A run in progress. Use `async with`: leaving it ends every child process."""

    def __init__(self, stack: Stack, options: Options, emit: Emit) -> None:
        self._stack = stack
        self._options = options
        self._emit = emit
        self._program: Program | None = None

    async def __aenter__(self) -> Deployment:
        stack = self._stack
        self._server = grpc.aio.server(options=CHANNEL_OPTIONS)
        port = self._server.add_insecure_port("127.0.0.1:0")
        self._address = f"127.0.0.1:{port}"
        self.registry = Registry(
            stack.workspace, stack.namespace, self._address, self._emit, self._options.dry_run
        )
        nothing = Snapshot()
        self.run = Run(
            stack.name,
            stack.workspace.project,
            self._options,
            nothing,
            Journal(nothing, stack.save),
            self.registry,
            stack.redactor,
            self._emit,
        )
        self.executor = Executor(self.run)
        self.planner = Planner(self.run, self.executor)
        self.defaults = DefaultProviders(
            stack.namespace,
            self.planner.register,
            stack.site_packages,
            frozenset(stack.workspace.plugin_paths),
        )
        self._monitor = Monitor(self.run, self.planner, self.executor, self.defaults, stack.workspace.root)
        self._engine = Engine(self.run)
        resource_pb2_grpc.add_ResourceMonitorServicer_to_server(self._monitor, self._server)
        engine_pb2_grpc.add_EngineServicer_to_server(self._engine, self._server)
        await self._server.start()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            # A program that still waits for the state would wait for ever.
            self.run.halt()
        self._monitor.finished.set()
        endings = [self.registry.close()]
        if self._program is not None:
            endings.append(self._program.end())
        await asyncio.gather(*endings)
        await self._server.stop(grace=None)

    # The kinds of run

    async def update(self, *, refresh_first: bool) -> Result:
        """Bring the stack to what the program says."""
        await self._start(program=True)
        return await self._guarded(lambda: self._update(refresh_first))

    async def refresh(self) -> Result:
        """Bring the state to what is live; the program does not run."""
        await self._start(program=False)
        return await self._guarded(self._refresh)

    async def destroy(self, *, refresh_first: bool) -> Result:
        """Delete everything; the program does not run."""
        await self._start(program=False)
        return await self._guarded(lambda: self._destroy(refresh_first))

    async def carry_out(self, work: Callable[[Deployment], Awaitable[None]]) -> Result:
        """A run whose steps come from elsewhere than a program."""
        await self._start(program=False)
        return await self._guarded(lambda: work(self))

    async def interrupt(self) -> None:
        """Begin nothing new, ask the providers to hurry, and let what runs complete."""
        self.run.interrupted = True
        self.run.halt()
        await self.registry.cancel()

    # Their parts

    async def _start(self, *, program: bool) -> None:
        """Start what takes its time, and read the state meanwhile, whose secrets take theirs."""
        stack = self._stack
        for package in stack.workspace.plugin_paths:
            self.registry.prestart(package)
        if program:
            self._program = await Program.start(stack.workspace, stack.config, self.run, self._address)
        self._found = await asyncio.to_thread(stack.load)
        for row in self._found.rows:
            stack.redactor.learn_row(row)
            if row.is_provider:
                self.registry.prestart(package_of(row.type), plugin_version(row.inputs))
        self._go_on_from(own_copy(self._found))

    def _go_on_from(self, base: Snapshot) -> None:
        self.run.base = base
        self.run.index_base()
        self.run.journal = Journal(base, self._stack.save)

    async def _guarded(self, work: Callable[[], Awaitable[None]]) -> Result:
        run = self.run
        try:
            await work()
        except HaltedError:
            pass
        except (ResourceError, InitError, EngineError) as error:
            run.error(str(error))
            run.halt()
        # Running steps complete, whatever happened elsewhere, and are saved.
        await asyncio.gather(*run.tasks, return_exceptions=True)
        if self._monitor.bug is not None:
            raise self._monitor.bug
        return await self._end()

    async def _update(self, refresh_first: bool) -> None:
        if refresh_first:
            await self._refresh()
        self._monitor.open.set()
        await self._run_program()
        self.run.check_halted()
        if self.run.failed and not self.run.options.dry_run:
            return
        await Deletes(self.run, self.executor).run()
        self._check_targets()
        self._monitor.finished.set()

    async def _run_program(self) -> None:
        """Until the program says that it is done, or has exited, or the run has halted."""
        program = self._program
        assert program is not None
        exited = asyncio.create_task(program.wait())
        ended = asyncio.create_task(self._monitor.program_ended.wait())
        halted = asyncio.create_task(self.run.halted.wait())
        await asyncio.wait([exited, ended, halted], return_when=asyncio.FIRST_COMPLETED)
        if not ended.done() and not self.run.halted.is_set():
            self._judge_exit(await exited)
        elif self.run.halted.is_set():
            # The program learns it from its pending requests and exits by itself.
            await asyncio.wait([exited], timeout=10)
        for task in (exited, ended, halted):
            task.cancel()

    def _judge_exit(self, code: int) -> None:
        run = self.run
        if code == 0:
            return
        if code != ALREADY_REPORTED and not self._engine.errors_logged:
            run.error(f"Program exited with non-zero exit code: {code}", run.stack_urn)
        run.halt()

    async def _refresh(self) -> None:
        run = self.run
        self._check_targets()
        self._go_on_from(await refresh(run))
        run.journal.touch()
        run.check_halted()

    async def _destroy(self, refresh_first: bool) -> None:
        if refresh_first:
            await self._refresh()
        self._check_targets()
        await Deletes(self.run, self.executor).run()

    def _check_targets(self) -> None:
        """Refuse to leave everything alone because a target is misspelt."""
        run = self.run
        known = {row.urn for row in run.base.rows} | run.goals.keys()
        unknown = [name for name in run.options.targets.patterns if "*" not in name and name not in known]
        for name in unknown:
            run.error(f"Target '{name}' could not be found in the stack.")
        if unknown:
            run.halt()
            raise HaltedError

    # The end

    async def _end(self) -> Result:
        run = self.run
        old = self._stack_row(self._found)
        row = self._stack_row(run.journal.snapshot())
        outputs = row.outputs if row else {}
        if run.stack_urn in run.news and self._monitor.stack_outputs is not None:
            outputs = self._merged_outputs(old.outputs if old else {}, self._monitor.stack_outputs)
            run.news[run.stack_urn].outputs = outputs
            run.journal.touch()
        await run.journal.flush()
        snapshot = run.journal.snapshot()
        return Result(run.failed, run.interrupted, snapshot, outputs, old.outputs if old else None)

    def _merged_outputs(self, old: Properties, new: Properties) -> Properties:
        """A failed run cannot tell which outputs are no longer wanted, so it only adds and changes."""
        return {**old, **new} if self.run.failed else new

    def _stack_row(self, snapshot: Snapshot) -> Row | None:
        return next((row for row in snapshot.rows if row.urn == self.run.stack_urn), None)
