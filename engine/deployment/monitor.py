"""The services a program and providers talk to."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import grpc
from google.protobuf import empty_pb2

from engine import urns
from engine.deployment.defaults import DefaultProviders
from engine.deployment.executor import Executor
from engine.deployment.goal import Goal, from_request, source_position
from engine.deployment.outcomes import HaltedError, InitError, ResourceError
from engine.deployment.planner import Planner
from engine.deployment.reading import Reader
from engine.deployment.registry import plugin_inputs
from engine.deployment.run import Run
from engine.deployment.steps import Diagnostic, Severity
from engine.errors import EngineError
from engine.proto import engine_pb2, engine_pb2_grpc, resource_pb2, resource_pb2_grpc
from engine.rows import STACK_TYPE, Row
from engine.values import Properties, from_struct, to_struct

T = TypeVar("T")

PROTOCOL_VERSION = (3, 260, 0)
"""The Pulumi release whose engine protocol this is."""

_FEATURES = {
    "secrets": resource_pb2.RESOURCE_MONITOR_FEATURE_SECRETS,
    "resourceReferences": resource_pb2.RESOURCE_MONITOR_FEATURE_RESOURCE_REFERENCES,
    "outputValues": resource_pb2.RESOURCE_MONITOR_FEATURE_OUTPUT_VALUES,
    "aliasSpecs": resource_pb2.RESOURCE_MONITOR_FEATURE_ALIAS_SPECS,
    "deletedWith": resource_pb2.RESOURCE_MONITOR_FEATURE_DELETED_WITH,
}
"""What this engine implements. The SDK itself refuses, in clear words, an option whose feature is missing."""

_SEVERITIES = {
    engine_pb2.DEBUG: Severity.DEBUG,
    engine_pb2.INFO: Severity.INFO,
    engine_pb2.WARNING: Severity.WARNING,
    engine_pb2.ERROR: Severity.ERROR,
}


class Monitor(resource_pb2_grpc.ResourceMonitorServicer):
    """Takes registrations. Each waits until `open` is set: before that the state is refreshed."""

    def __init__(
        self, run: Run, planner: Planner, executor: Executor, defaults: DefaultProviders, root: Path
    ) -> None:
        self._run = run
        self._planner = planner
        self._executor = executor
        self._reader = Reader(run, executor, planner)
        self._defaults = defaults
        self._root = root
        self.open = asyncio.Event()
        self.program_ended = asyncio.Event()
        """The program has registered everything and raised nothing."""
        self.finished = asyncio.Event()
        """The run is over, and the program may exit."""
        self.stack_outputs: Properties | None = None
        self.bug: BaseException | None = None
        self._halted_task: asyncio.Task[Any] | None = None

    async def GetDeploymentInfo(self, request: Any, context: Any) -> Any:  # noqa: N802
        return resource_pb2.DeploymentInfo(
            project=self._run.project,
            stack=self._run.stack,
            organization="organization",
            dryRun=self._run.options.dry_run,
            parallel=self._run.options.parallel,
            supportedFeatures=list(_FEATURES.values()),
        )

    async def SupportsFeature(self, request: Any, context: Any) -> Any:  # noqa: N802
        return resource_pb2.SupportsFeatureResponse(hasSupport=request.id in _FEATURES)

    async def RegisterResource(self, request: Any, context: Any) -> Any:  # noqa: N802
        row = await self._guarded(self._register(request), context)
        skipped = row.urn in self._run.skipped
        return resource_pb2.RegisterResourceResponse(
            urn=row.urn,
            id="" if skipped else row.id,
            # A local component's outputs are its own program's; it must not be handed old ones.
            object=to_struct(row.outputs if row.custom else {}),
            unknown=skipped,
        )

    async def _register(self, request: Any) -> Row:
        goal = _decoded(lambda: from_request(request, self._root), f"{request.type} {request.name}")
        parent = self._run.goals.get(goal.parent)
        goal = goal.inheriting(parent)
        if not goal.custom and parent is not None:
            goal.providers = {**parent.providers, **goal.providers}
        if goal.custom and not goal.type.startswith("pulumi:providers:"):
            goal.provider = goal.provider or await self._provider(goal)
        elif goal.custom:
            goal.properties |= plugin_inputs(goal.version, goal.download_url)
        return await self._planner.register(goal)

    async def _provider(self, goal: Goal) -> str:
        package = urns.package_of(goal.type)
        if named := goal.providers.get(package):
            return named
        return await self._defaults.reference(package, goal.version, goal.download_url)

    async def RegisterResourceOutputs(self, request: Any, context: Any) -> Any:  # noqa: N802
        outputs = await self._outputs(request, context)
        if urns.type_of(request.urn) == STACK_TYPE:
            # They are the run's result, and are kept apart until it is known how the run ends.
            self.stack_outputs = outputs
        elif request.urn in self._run.news:
            self._executor.register_outputs(request.urn, outputs)
        else:
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, f"{request.urn} is not registered")
        return empty_pb2.Empty()

    async def _outputs(self, request: Any, context: Any) -> Properties:
        try:
            outputs = _decoded(lambda: from_struct(request.outputs), f"the outputs of {request.urn}")
        except EngineError as error:
            self._run.error(str(error), request.urn)
            self._run.halt()
            return await _shut_down(context)
        self._run.redactor.learn(outputs)
        return outputs

    async def ReadResource(self, request: Any, context: Any) -> Any:  # noqa: N802
        row = await self._guarded(self._read(request), context)
        return resource_pb2.ReadResourceResponse(urn=row.urn, properties=to_struct(row.outputs))

    async def _read(self, request: Any) -> Row:
        provider = request.provider or await self._defaults.reference(
            urns.package_of(request.type), request.version, request.pluginDownloadURL
        )
        goal = Goal(
            type=request.type,
            name=request.name,
            custom=True,
            parent=request.parent,
            properties=from_struct(request.properties),
            dependencies=sorted(set(request.dependencies)),
            provider=provider,
            additional_secret_outputs=list(request.additionalSecretOutputs),
            source_position=source_position(request, self._root),
        )
        return await self._reader.read(goal, request.id)

    async def Invoke(self, request: Any, context: Any) -> Any:  # noqa: N802
        await self._opened(context)
        package = urns.package_of(request.tok)
        try:
            reference = request.provider or await self._defaults.reference(
                package, request.version, request.pluginDownloadURL
            )
            plugin = await self._run.registry.plugin(reference)
            result, failures = await plugin.invoke(
                request.tok, from_struct(request.args), self._run.options.dry_run
            )
        except HaltedError:
            await _shut_down(context)
        except (ResourceError, InitError, EngineError) as error:
            await context.abort(
                grpc.StatusCode.UNKNOWN, f"invocation of {request.tok} returned an error: {error}"
            )
        reply = resource_pb2.ResourceInvokeResponse()
        getattr(reply, "return").CopyFrom(to_struct(result))
        for failure in failures:
            reply.failures.add(property=failure.property, reason=failure.reason)
        return reply

    async def Call(self, request: Any, context: Any) -> Any:  # noqa: N802
        await context.abort(
            grpc.StatusCode.UNIMPLEMENTED,
            f"{request.tok} is a method of a component of another language, which the embedded engine "
            f"does not implement; install the Pulumi CLI",
        )

    async def RegisterPackage(self, request: Any, context: Any) -> Any:  # noqa: N802
        await context.abort(
            grpc.StatusCode.UNIMPLEMENTED,
            f"the package {request.name} is parameterized, which the embedded engine does not implement; "
            f"install the Pulumi CLI",
        )

    async def SignalAndWaitForShutdown(self, request: Any, context: Any) -> Any:  # noqa: N802
        self.program_ended.set()
        await self.finished.wait()
        return empty_pb2.Empty()

    # A pending request must not outlive the run

    async def _guarded(self, work: Coroutine[Any, Any, T], context: Any) -> T:
        """The work's result; whatever fails is reported once, and the program is told to stop."""
        try:
            await self._opened(context)
        except BaseException:
            work.close()  # it was never begun, and Python would complain of that
            raise
        task = asyncio.create_task(work)
        self._run.tasks.add(task)
        await asyncio.wait((task, self._halted()), return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            await _shut_down(context)
        try:
            return task.result()
        except HaltedError:
            pass
        except (ResourceError, InitError, EngineError) as error:
            self._run.error(str(error))
            self._run.halt()
        except BaseException as error:  # noqa: BLE001  raised again by the run, which can end in order first
            self.bug = error
            self._run.halt()
        return await _shut_down(context)

    async def _opened(self, context: Any) -> None:
        if not self.open.is_set():
            opened = asyncio.create_task(self.open.wait())
            await asyncio.wait((opened, self._halted()), return_when=asyncio.FIRST_COMPLETED)
            opened.cancel()
        if self._run.halted.is_set():
            await _shut_down(context)

    def _halted(self) -> asyncio.Task[Any]:
        """One waiter for all requests."""
        if self._halted_task is None:
            self._halted_task = asyncio.create_task(self._run.halted.wait())
        return self._halted_task


def _decoded(decode: Callable[[], T], what: str) -> T:
    """What a request holds; EngineError names the resource whose values are of a kind unknown here."""
    try:
        return decode()
    except ValueError as error:
        raise EngineError(f"{what}: {error}; the Pulumi CLI knows them") from error


async def _shut_down(context: Any) -> NoReturn:
    # The SDK takes this very code as "stop quietly": whatever went wrong has been reported.
    await context.abort(grpc.StatusCode.UNAVAILABLE, "resource monitor shut down")
    raise AssertionError("abort returned")


class Engine(engine_pb2_grpc.EngineServicer):
    """Messages of the program and the providers."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._root = ""
        self.errors_logged = 0

    async def Log(self, request: Any, context: Any) -> Any:  # noqa: N802
        if self._run.halted.is_set():
            # The program only tells that it was told to stop; why has been reported.
            return empty_pb2.Empty()
        severity = _SEVERITIES.get(request.severity, Severity.INFO)
        if severity is Severity.ERROR:
            # A message of this kind ends nothing: a program that fails says so when it exits.
            self.errors_logged += 1
        if severity is not Severity.DEBUG:
            self._run.emit(Diagnostic(severity, request.message, request.urn, request.ephemeral))
        return empty_pb2.Empty()

    async def GetRootResource(self, request: Any, context: Any) -> Any:  # noqa: N802
        return engine_pb2.GetRootResourceResponse(urn=self._root)

    async def SetRootResource(self, request: Any, context: Any) -> Any:  # noqa: N802
        self._root = request.urn
        return engine_pb2.SetRootResourceResponse()

    async def RequirePulumiVersion(self, request: Any, context: Any) -> Any:  # noqa: N802
        wanted = request.pulumi_version_range
        if not satisfies(PROTOCOL_VERSION, wanted):
            shown = ".".join(map(str, PROTOCOL_VERSION))
            await context.abort(
                grpc.StatusCode.FAILED_PRECONDITION,
                f"the program wants Pulumi {wanted}, and the embedded engine speaks {shown}; "
                f"install that version of the CLI",
            )
        return engine_pb2.RequirePulumiVersionResponse()


_COMPARISON = re.compile(r"(>=|<=|!=|==|>|<|=|!)?\s*v?(\d+)\.(\d+)\.(\d+)")


def satisfies(version: tuple[int, int, int], text: str) -> bool:
    """Whether a version lies in a range such as `>=3.5.0 !3.7.7 || 4.0.0`."""
    return any(
        all(_compare(version, *match.groups()) for match in _COMPARISON.finditer(part))
        for part in text.split("||")
        if _COMPARISON.search(part)
    )


def _compare(version: tuple[int, int, int], operator: str | None, *parts: str) -> bool:
    wanted = tuple(int(part) for part in parts)
    match operator:
        case ">=":
            return version >= wanted
        case "<=":
            return version <= wanted
        case ">":
            return version > wanted
        case "<":
            return version < wanted
        case "!" | "!=":
            return version != wanted
    return version == wanted
