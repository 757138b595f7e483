"""The provider's side of Pulumi's plugin protocol, for `command:local:Command` alone.

It does what the official plugin (1.2.1) does, its quirks included, since that one may carry on from what this
one left. What is stricter: a secret of the inputs shows in no log and no error, and an output that holds one
is itself a secret.
"""

from __future__ import annotations

import contextlib
import secrets
from typing import Any, NoReturn

import grpc
from google.protobuf import empty_pb2

from engine.command.inputs import INPUTS, LOGGINGS, command, faults
from engine.command.shell import CommandError, Log, Shell
from engine.detail import diff_properties
from engine.proto import engine_pb2, plugin_pb2, provider_pb2, provider_pb2_grpc
from engine.redactor import Redactor
from engine.urns import name_of
from engine.values import UNKNOWN, Properties, Secret, from_struct, strip_secrets, to_struct

VERSION = "1.2.1"
"""Of the official plugin that this one follows."""
TYPE = "command:local:Command"
_ID_BYTES = 4
_KIND = provider_pb2.PropertyDiff.Kind.Value


class Servicer(provider_pb2_grpc.ResourceProviderServicer):
    """Answers for every command of a stack."""

    def __init__(self, engine: Any) -> None:
        self.shell = Shell()
        self._engine = engine

    async def Handshake(self, request: Any, context: Any) -> Any:
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=True, accept_resources=True)

    async def GetPluginInfo(self, request: Any, context: Any) -> Any:
        return plugin_pb2.PluginInfo(version=VERSION)

    async def CheckConfig(self, request: Any, context: Any) -> Any:
        return provider_pb2.CheckResponse(inputs=request.news)

    async def DiffConfig(self, request: Any, context: Any) -> Any:
        return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_NONE)

    async def Configure(self, request: Any, context: Any) -> Any:
        return provider_pb2.ConfigureResponse(supportsPreview=True, acceptSecrets=True, acceptResources=True)

    async def Check(self, request: Any, context: Any) -> Any:
        if request.type != TYPE:
            await _refuse(context, request.type)
        news = {key: value for key, value in from_struct(request.news).items() if value is not None}
        failures = [provider_pb2.CheckFailure(property=path, reason=reason) for path, reason in faults(news)]
        return provider_pb2.CheckResponse(inputs=to_struct(news), failures=failures)

    async def Diff(self, request: Any, context: Any) -> Any:
        olds, news = from_struct(request.old_inputs), _wanted(request)
        kinds = {
            # Items of `triggers` replace by an option that the SDK sets; the whole list does so here.
            path: f"{kind}_replace" if path == "triggers" else kind
            for path, kind in diff_properties(olds, news).items()
        }
        response = provider_pb2.DiffResponse(
            changes=provider_pb2.DiffResponse.DIFF_SOME if kinds else provider_pb2.DiffResponse.DIFF_NONE,
            diffs=sorted({path.split(".")[0].split("[")[0] for path in kinds}),
            replaces=[path for path, kind in kinds.items() if kind.endswith("_replace")],
            hasDetailedDiff=True,
        )
        for path, kind in kinds.items():
            response.detailedDiff[path].kind = _KIND(kind.upper())
        return response

    async def Create(self, request: Any, context: Any) -> Any:
        inputs = from_struct(request.properties)
        identifier = name_of(request.urn) + secrets.token_hex(_ID_BYTES)
        if request.preview:
            outputs: Properties = {"stdout": UNKNOWN, "stderr": UNKNOWN}
        else:
            outputs = await self._run(request, context, inputs.get("create"), inputs, {})
        return provider_pb2.CreateResponse(id=identifier, properties=to_struct({**inputs, **outputs}))

    async def Update(self, request: Any, context: Any) -> Any:
        olds, news = from_struct(request.olds), _wanted(request)
        former = {key: strip_secrets(olds.get(key, "")) for key in ("stdout", "stderr")}
        if request.preview:
            outputs = dict.fromkeys(former, UNKNOWN) if _has_changed(olds, news) else former
        else:
            text = news.get("update", news.get("create"))
            outputs = await self._run(request, context, text, news, olds)
        return provider_pb2.UpdateResponse(properties=to_struct({**news, **outputs}))

    async def Delete(self, request: Any, context: Any) -> Any:
        state = from_struct(request.properties)
        await self._run(request, context, state.get("delete"), state, state)
        return empty_pb2.Empty()

    async def Read(self, request: Any, context: Any) -> Any:
        # Nothing is live: a command is known by what was recorded of it.
        return provider_pb2.ReadResponse(id=request.id, properties=request.properties, inputs=request.inputs)

    async def Invoke(self, request: Any, context: Any) -> Any:
        await _refuse(context, request.tok)

    async def Cancel(self, request: Any, context: Any) -> Any:
        self.shell.stop()
        return empty_pb2.Empty()

    async def _run(
        self,
        request: Any,
        context: Any,
        text: str | Secret | None,
        properties: Properties,
        former: Properties,
    ) -> Properties:
        """The new outputs; those of the former command where there is none to run."""
        if text is None:
            return {key: former.get(key, "") for key in ("stdout", "stderr")}
        redactor = Redactor()
        redactor.learn(properties)
        redactor.learn(former)
        log = self._log(request.urn, redactor)
        shows_stdout, shows_stderr = _shows(properties)
        try:
            stdout, stderr = await self.shell.run(
                command(strip_secrets(text), properties, former, request.timeout),
                log if shows_stdout else None,
                log if shows_stderr else None,
            )
        except CommandError as error:
            await context.abort(grpc.StatusCode.UNKNOWN, error.told(redactor.clean))
        return {"stdout": _guarded(stdout, redactor), "stderr": _guarded(stderr, redactor)}

    def _log(self, urn: str, redactor: Redactor) -> Log:
        async def log(line: str) -> None:
            entry = engine_pb2.LogRequest(
                severity=engine_pb2.INFO, message=redactor.clean(line), urn=urn, ephemeral=True
            )
            # What a command is for does not depend on whether its output is shown.
            with contextlib.suppress(grpc.aio.AioRpcError):
                await self._engine.Log(entry)

        return log


async def _refuse(context: Any, token: str) -> NoReturn:
    await context.abort(
        grpc.StatusCode.UNIMPLEMENTED,
        f"of the package command the embedded engine has {TYPE} alone; {token} needs the Pulumi CLI, or the "
        f"official plugin {VERSION} below $PULUMI_HOME/plugins",
    )
    raise AssertionError("abort returned")


def _wanted(request: Any) -> Properties:
    """The new inputs, without the engine's own, and with the former values of what is ignored."""
    state, news = from_struct(request.olds), from_struct(request.news)
    news |= {key: state[key] for key in request.ignoreChanges if key in state}
    return {key: value for key, value in news.items() if key != "version" and not key.startswith("__")}


def _has_changed(olds: Properties, news: Properties) -> bool:
    """Whether a preview can't know the outputs; an input that is new to the state doesn't count."""
    return any(news.get(key) is UNKNOWN or olds[key] != news.get(key) for key in INPUTS & olds.keys())


def _shows(properties: Properties) -> tuple[bool, bool]:
    wanted = strip_secrets(properties.get("logging", "stdoutAndStderr"))
    return LOGGINGS.get(wanted, (False, False))


def _guarded(output: str, redactor: Redactor) -> str | Secret:
    return output if redactor.clean(output) == output else Secret(output)
