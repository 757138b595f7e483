"""One provider process and its protocol; values in, values out."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from asyncio.subprocess import Process
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import empty_pb2
from google.rpc import status_pb2

from engine.deployment.launch import Workspace, pump_lines, start_child, stop_child
from engine.deployment.outcomes import PartialFailure, ResourceFailed
from engine.errors import EngineError
from engine.proto import CHANNEL_OPTIONS, provider_pb2, provider_pb2_grpc
from engine.urns import name_of, type_of
from engine.values import (
    UNKNOWN,
    Properties,
    ResourceReference,
    Value,
    from_struct,
    has_unknowns,
    strip_secrets,
    to_struct,
    transform,
)

START_SECONDS = 60.0
CANCEL_SECONDS = 5.0
STATUS_TRAILER = "grpc-status-details-bin"


@dataclass
class PropertyDiff:
    """One changed path: `kind` is add, delete or update, with `-replace` when it forces a replacement."""

    kind: str
    input_diff: bool = False

    @property
    def replaces(self) -> bool:
        return self.kind.endswith("-replace")


@dataclass
class Diff:
    """What a provider says of a change."""

    changed: bool
    replace_keys: list[str] = field(default_factory=list)
    changed_keys: list[str] = field(default_factory=list)
    detailed: dict[str, PropertyDiff] | None = None
    delete_before_replace: bool = False
    known: bool = True
    """False when the provider left the decision to the engine."""

    @property
    def replaces(self) -> bool:
        return bool(self.replace_keys) or any(d.replaces for d in (self.detailed or {}).values())


@dataclass
class Failure:
    """One input a provider refused; `property` is empty when the resource as a whole is refused."""

    property: str
    reason: str


@dataclass
class ReadResult:
    """What is live; `id` is empty when the object is gone, `inputs` is None when the provider has none to tell."""

    id: str
    outputs: Properties
    inputs: Properties | None
    init_errors: list[str] = field(default_factory=list)


def find_plugin(workspace: Workspace, package: str, version: str) -> tuple[str, Path]:
    """The child's role and the file or folder to run; EngineError names what is missing."""
    if path := workspace.plugin_paths.get(package):
        executable = path / f"pulumi-resource-{package}"
        return ("command", executable) if executable.is_file() else ("provider", path)
    executable_name = f"pulumi-resource-{package}"
    home = Path(os.environ.get("PULUMI_HOME") or Path.home() / ".pulumi")
    installed = sorted((home / "plugins").glob(f"resource-{package}-v{version or '*'}/{executable_name}"))
    if installed:
        return "command", installed[-1]
    if found := shutil.which(executable_name):
        return "command", Path(found)
    named = f"{package} {version}".rstrip()
    raise EngineError(
        f"no plugin for the package {named}: neither plugins.providers in Pulumi.yaml nor {home / 'plugins'} "
        f"holds it; the embedded engine downloads nothing, so install it there or use the Pulumi CLI"
    )


class Plugin:
    """A running provider. `configured` holds the inputs it was configured with, None before."""

    def __init__(self, package: str, process: Process, port: str) -> None:
        self.package = package
        self.configured: Properties | None = None
        self._process = process
        self._channel = grpc.aio.insecure_channel(f"127.0.0.1:{port}", options=CHANNEL_OPTIONS)
        self._stub: Any = provider_pb2_grpc.ResourceProviderStub(self._channel)
        self._pumps: list[asyncio.Task[None]] = []
        self._handshaken = False
        self._accepts_secrets = True
        self._accepts_resources = True
        self._supports_preview = True

    @classmethod
    async def start(
        cls,
        workspace: Workspace,
        package: str,
        version: str,
        config: Mapping[str, str],
        engine_address: str,
        report: Callable[[str, bool], None],
    ) -> Plugin:
        """Start, shake hands and ask who it is; `report` gets (line, from stderr)."""
        role, path = find_plugin(workspace, package, version)
        environment = {
            "PULUMI_PROJECT": workspace.project,
            "PULUMI_CONFIG": json.dumps(dict(config), ensure_ascii=False),
            **{f"PULUMI_RUNTIME_{k.upper()}": v for k, v in workspace.runtime_options.items()},
        }
        process = await start_child(workspace, [role, str(path), engine_address], environment)
        assert process.stdout and process.stderr
        errors = asyncio.create_task(pump_lines(process.stderr, lambda line: report(line, True)))
        try:
            port = await asyncio.wait_for(process.stdout.readline(), START_SECONDS)
            if not port.strip().isdigit():
                await asyncio.wait_for(errors, CANCEL_SECONDS)
                raise EngineError(
                    f"the provider {package} ({path}) did not start: "
                    f"it printed {port.decode(errors='replace').strip()!r} where its port was expected"
                )
        except BaseException:
            await stop_child(process)
            raise
        plugin = cls(package, process, port.decode().strip())
        plugin._pumps = [
            errors,
            asyncio.create_task(pump_lines(process.stdout, lambda line: report(line, False))),
        ]
        await plugin._shake_hands(engine_address, path if path.is_dir() else path.parent)
        await plugin._call(plugin._stub.GetPluginInfo, empty_pb2.Empty())
        return plugin

    async def stop(self) -> None:
        """Ask to cancel, then end the process."""
        try:
            await self._stub.Cancel(empty_pb2.Empty(), timeout=CANCEL_SECONDS)
        except grpc.aio.AioRpcError:
            pass  # a provider that cannot be asked is ended all the same
        await self._channel.close()
        await stop_child(self._process)
        await asyncio.gather(*self._pumps)

    async def cancel(self) -> None:
        try:
            await self._stub.Cancel(empty_pb2.Empty(), timeout=CANCEL_SECONDS)
        except grpc.aio.AioRpcError:
            pass  # advisory: running operations simply complete

    async def _shake_hands(self, engine_address: str, folder: Path) -> None:
        request = provider_pb2.ProviderHandshakeRequest(
            engine_address=engine_address,
            root_directory=str(folder),
            program_directory=str(folder),
            configure_with_urn=True,
            invoke_with_preview=True,
        )
        try:
            reply = await self._stub.Handshake(request)
        except grpc.aio.AioRpcError as error:
            if error.code() != grpc.StatusCode.UNIMPLEMENTED:
                raise ResourceFailed(_message(error)) from error
            return
        self._handshaken = True
        self._accepts_secrets = reply.accept_secrets
        self._accepts_resources = reply.accept_resources

    # Configuration

    async def check_config(
        self, urn: str, olds: Properties, news: Properties
    ) -> tuple[Properties, list[Failure]]:
        request = provider_pb2.CheckRequest(
            urn=urn, olds=self._encode(olds), news=self._encode(news), name=name_of(urn), type=type_of(urn)
        )
        try:
            reply = await self._stub.CheckConfig(request)
        except grpc.aio.AioRpcError as error:
            if error.code() == grpc.StatusCode.UNIMPLEMENTED:
                return news, []
            raise ResourceFailed(_message(error)) from error
        return self._decode_like(reply.inputs, news), _failures(reply.failures)

    async def diff_config(self, urn: str, old_inputs: Properties, olds: Properties, news: Properties) -> Diff:
        request = provider_pb2.DiffRequest(
            urn=urn,
            olds=self._encode(olds),
            old_inputs=self._encode(old_inputs),
            news=self._encode(news),
            name=name_of(urn),
            type=type_of(urn),
        )
        try:
            reply = await self._stub.DiffConfig(request)
        except grpc.aio.AioRpcError as error:
            if error.code() == grpc.StatusCode.UNIMPLEMENTED:
                return Diff(changed=strip_secrets(olds) != strip_secrets(news))
            raise ResourceFailed(_message(error)) from error
        diff = _diff(reply)
        return diff if diff.known else Diff(changed=strip_secrets(olds) != strip_secrets(news))

    async def configure(self, urn: str, identifier: str, inputs: Properties) -> None:
        """Once per process. Unknown inputs, which only a preview has, leave the provider unconfigured."""
        self.configured = inputs
        if has_unknowns(inputs):
            return
        reply = await self._call(
            self._stub.Configure,
            provider_pb2.ConfigureRequest(
                variables={f"{self.package}:config:{key}": _variable(v) for key, v in inputs.items()},
                args=to_struct(inputs),
                acceptSecrets=True,
                acceptResources=True,
                sends_old_inputs=True,
                sends_old_inputs_to_delete=True,
                id=identifier,
                urn=urn,
                name=name_of(urn),
                type=type_of(urn),
            ),
        )
        if not self._handshaken:
            self._accepts_secrets = reply.acceptSecrets
            self._accepts_resources = reply.acceptResources
            self._supports_preview = reply.supportsPreview

    @property
    def is_unconfigured(self) -> bool:
        return self.configured is None or has_unknowns(self.configured)

    # Resources

    async def check(
        self, urn: str, olds: Properties, news: Properties, seed: bytes
    ) -> tuple[Properties, list[Failure]]:
        if self.is_unconfigured:
            return news, []
        reply = await self._call(
            self._stub.Check,
            provider_pb2.CheckRequest(
                urn=urn,
                olds=self._encode(olds),
                news=self._encode(news),
                randomSeed=seed,
                name=name_of(urn),
                type=type_of(urn),
            ),
        )
        return self._decode_like(reply.inputs, news), _failures(reply.failures)

    async def diff(
        self,
        urn: str,
        identifier: str,
        *,
        old_inputs: Properties,
        old_outputs: Properties,
        news: Properties,
        ignore_changes: list[str],
    ) -> Diff:
        reply = await self._call(
            self._stub.Diff,
            provider_pb2.DiffRequest(
                id=identifier,
                urn=urn,
                olds=self._encode(old_outputs),
                news=self._encode(news),
                ignoreChanges=ignore_changes,
                old_inputs=self._encode(old_inputs),
                name=name_of(urn),
                type=type_of(urn),
            ),
        )
        return _diff(reply)

    async def create(
        self, urn: str, inputs: Properties, timeout: float, preview: bool
    ) -> tuple[str, Properties]:
        if preview and not self._previews:
            return "", {}
        reply = await self._call(
            self._stub.Create,
            provider_pb2.CreateRequest(
                urn=urn,
                properties=self._encode(inputs),
                timeout=timeout,
                preview=preview,
                name=name_of(urn),
                type=type_of(urn),
            ),
        )
        outputs = self._decode_like(reply.properties, inputs)
        if not preview:
            _require_known(urn, "Create", outputs)
            if not reply.id:
                raise ResourceFailed("provider did not return an ID from Create")
        return reply.id, outputs

    async def update(
        self,
        urn: str,
        identifier: str,
        *,
        old_inputs: Properties,
        old_outputs: Properties,
        news: Properties,
        timeout: float,
        ignore_changes: list[str],
        preview: bool,
    ) -> Properties:
        if preview and not self._previews:
            return {}
        reply = await self._call(
            self._stub.Update,
            provider_pb2.UpdateRequest(
                id=identifier,
                urn=urn,
                olds=self._encode(old_outputs),
                news=self._encode(news),
                timeout=timeout,
                ignoreChanges=ignore_changes,
                preview=preview,
                old_inputs=self._encode(old_inputs),
                name=name_of(urn),
                type=type_of(urn),
            ),
        )
        outputs = self._decode_like(reply.properties, news)
        if not preview:
            _require_known(urn, "Update", outputs)
        return outputs

    async def delete(
        self, urn: str, identifier: str, *, inputs: Properties, outputs: Properties, timeout: float
    ) -> None:
        await self._call(
            self._stub.Delete,
            provider_pb2.DeleteRequest(
                id=identifier,
                urn=urn,
                properties=self._encode(outputs),
                timeout=timeout,
                old_inputs=self._encode(inputs),
                name=name_of(urn),
                type=type_of(urn),
            ),
        )

    async def read(
        self, urn: str, identifier: str, *, inputs: Properties | None, outputs: Properties | None
    ) -> ReadResult:
        """`inputs` and `outputs` are what the state holds; an import has neither."""
        request = provider_pb2.ReadRequest(
            id=identifier,
            urn=urn,
            properties=None if outputs is None else self._encode(outputs),
            inputs=None if inputs is None else self._encode(inputs),
            name=name_of(urn),
            type=type_of(urn),
        )
        try:
            reply = await self._call(self._stub.Read, request)
        except PartialFailure as partial:
            return ReadResult(partial.id, partial.properties, partial.inputs, partial.reasons)
        if not reply.id:
            return ReadResult("", {}, None)
        known = inputs or {}
        return ReadResult(
            reply.id,
            self._decode_like(reply.properties, known),
            self._decode_like(reply.inputs, known) if reply.HasField("inputs") else None,
        )

    async def invoke(
        self, token: str, arguments: Properties, preview: bool
    ) -> tuple[Properties, list[Failure]]:
        if self.is_unconfigured:
            return {}, []
        reply = await self._call(
            self._stub.Invoke,
            provider_pb2.InvokeRequest(tok=token, args=self._encode(arguments), preview=preview),
        )
        return from_struct(getattr(reply, "return")), _failures(reply.failures)

    # The wire

    @property
    def _previews(self) -> bool:
        return self._supports_preview and not self.is_unconfigured

    async def _call(self, method: Callable[[Any], Awaitable[Any]], request: Any) -> Any:
        try:
            return await method(request)
        except grpc.aio.AioRpcError as error:
            if partial := _partial_failure(error):
                raise partial from error
            raise ResourceFailed(_message(error)) from error

    def _encode(self, properties: Properties) -> Any:
        value: Value = properties
        if not self._accepts_secrets:
            value = strip_secrets(value)
        if not self._accepts_resources:
            value = transform(value, _bare_reference)
        return to_struct(value)

    def _decode_like(self, struct: Any, sent: Properties) -> Properties:
        """Decode a reply; where the provider could not be told what is secret, mark what it gives back."""
        received = from_struct(struct)
        if self._accepts_secrets:
            return received
        return remark_secrets(received, sent)


def remark_secrets(received: Properties, sent: Properties) -> Properties:
    """Make each property secret whose namesake in `sent` is."""
    from engine.values import Secret, has_secrets

    return {
        key: Secret(value) if has_secrets(sent.get(key)) and not isinstance(value, Secret) else value
        for key, value in received.items()
    }


def _bare_reference(node: Value) -> Value:
    if isinstance(node, ResourceReference):
        return node.urn if node.id is None else node.id
    return node


def _variable(value: Value) -> str:
    plain = strip_secrets(value)
    return plain if isinstance(plain, str) else json.dumps(plain, ensure_ascii=False)


def _failures(failures: Any) -> list[Failure]:
    return [Failure(failure.property, failure.reason) for failure in failures]


def _diff(reply: Any) -> Diff:
    detailed = None
    if reply.hasDetailedDiff:
        detailed = {
            path: PropertyDiff(
                provider_pb2.PropertyDiff.Kind.Name(entry.kind).lower().replace("_", "-"), entry.inputDiff
            )
            for path, entry in reply.detailedDiff.items()
        }
    return Diff(
        changed=reply.changes == provider_pb2.DiffResponse.DIFF_SOME,
        replace_keys=list(reply.replaces),
        changed_keys=list(reply.diffs),
        detailed=detailed,
        delete_before_replace=reply.deleteBeforeReplace,
        known=reply.changes != provider_pb2.DiffResponse.DIFF_UNKNOWN,
    )


def _require_known(urn: str, verb: str, outputs: Properties) -> None:
    if unknown := [key for key, value in outputs.items() if has_unknowns(value)]:
        raise ResourceFailed(
            f"the provider's {verb} of {urn} returned unknown values for {', '.join(sorted(unknown))}"
        )


def _message(error: grpc.aio.AioRpcError) -> str:
    return error.details() or error.code().name.lower()


def _partial_failure(error: grpc.aio.AioRpcError) -> PartialFailure | None:
    for key, payload in error.trailing_metadata() or ():
        if key != STATUS_TRAILER:
            continue
        status = status_pb2.Status.FromString(payload if isinstance(payload, bytes) else payload.encode())
        for detail in status.details:
            failed = provider_pb2.ErrorResourceInitFailed()
            if detail.Unpack(failed):
                return PartialFailure(
                    failed.id,
                    from_struct(failed.properties),
                    list(failed.reasons) or [_message(error)],
                    from_struct(failed.inputs) if failed.HasField("inputs") else None,
                )
    return None


__all__ = [
    "UNKNOWN",
    "Diff",
    "Failure",
    "Plugin",
    "PropertyDiff",
    "ReadResult",
    "find_plugin",
    "remark_secrets",
]
