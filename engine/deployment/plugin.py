"""One provider and its protocol; values in, values out."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.protobuf import empty_pb2
from google.rpc import status_pb2  # type: ignore[import-untyped]  # ships without stubs

from engine.deployment.diffs import Diff, PropertyDiff
from engine.deployment.outcomes import InitError, ResourceError
from engine.deployment.plugin_process import PluginProcess
from engine.proto import CHANNEL_OPTIONS, provider_pb2, provider_pb2_grpc
from engine.urns import name_of, type_of
from engine.values import (
    Properties,
    ResourceReference,
    Value,
    from_struct,
    has_unknowns,
    marked_like,
    strip_secrets,
    to_struct,
    transform,
)

CANCEL_SECONDS = 5.0
STATUS_TRAILER = "grpc-status-details-bin"


@dataclass
class Failure:
    """One input a provider refused; `property` is empty when the resource as a whole is refused."""

    property: str
    reason: str


@dataclass
class ReadResult:
    """What is live; `id` is empty when the object is gone, `inputs` is None where the provider tells none."""

    id: str
    outputs: Properties
    inputs: Properties | None
    init_errors: list[str] = field(default_factory=list)


class Plugin:
    """A running provider. `configured` holds the inputs it was configured with, None before."""

    def __init__(self, package: str, process: PluginProcess) -> None:
        self.package = package
        self.configured: Properties | None = None
        self._process = process
        self._channel = grpc.aio.insecure_channel(f"127.0.0.1:{process.port}", options=CHANNEL_OPTIONS)
        self._stub: Any = provider_pb2_grpc.ResourceProviderStub(self._channel)
        self._handshaken = False
        self._accepts_secrets = True
        self._accepts_resources = True
        self._supports_preview = True

    async def greet(self, engine_address: str) -> None:
        """Shake hands and ask who it is, before anything else."""
        await self._shake_hands(engine_address)
        await self._call(self._stub.GetPluginInfo, empty_pb2.Empty())

    async def stop(self) -> None:
        """Ask to cancel, then end the process."""
        await self.cancel()
        await self._channel.close(None)
        await self._process.stop()

    async def cancel(self) -> None:
        # Advisory: running operations complete in any case, and the process is ended in any case.
        with contextlib.suppress(grpc.aio.AioRpcError):
            await self._stub.Cancel(empty_pb2.Empty(), timeout=CANCEL_SECONDS)

    async def _shake_hands(self, engine_address: str) -> None:
        folder = str(self._process.folder)
        request = provider_pb2.ProviderHandshakeRequest(
            engine_address=engine_address,
            root_directory=folder,
            program_directory=folder,
            configure_with_urn=True,
            invoke_with_preview=True,
        )
        try:
            reply = await self._stub.Handshake(request)
        except grpc.aio.AioRpcError as error:
            if error.code() != grpc.StatusCode.UNIMPLEMENTED:
                raise ResourceError(_message(error)) from error
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
            raise ResourceError(_message(error)) from error
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
            raise ResourceError(_message(error)) from error
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
                raise ResourceError("provider did not return an ID from Create")
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
        except InitError as partial:
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
        return self._decode(getattr(reply, "return")), _failures(reply.failures)

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
            if error.code() is grpc.StatusCode.UNAVAILABLE:
                raise ResourceError(f"the provider {self.package} has ended: {_message(error)}") from error
            raise ResourceError(_message(error)) from error

    def _encode(self, properties: Properties) -> Any:
        value: Value = properties
        if not self._accepts_secrets:
            value = strip_secrets(value)
        if not self._accepts_resources:
            value = transform(value, _bare_reference)
        return to_struct(value)

    def _decode(self, struct: Any) -> Properties:
        try:
            return from_struct(struct)
        except ValueError as error:
            raise ResourceError(
                f"the provider {self.package} answered: {error}; the Pulumi CLI knows them"
            ) from error

    def _decode_like(self, struct: Any, sent: Properties) -> Properties:
        """Decode a reply; where the provider could not be told what is secret, mark what it gives back."""
        received = self._decode(struct)
        if self._accepts_secrets:
            return received
        return marked_like(received, sent)


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
        raise ResourceError(
            f"the provider's {verb} of {urn} returned unknown values for {', '.join(sorted(unknown))}"
        )


def _message(error: grpc.aio.AioRpcError) -> str:
    return error.details() or error.code().name.lower()


def _partial_failure(error: grpc.aio.AioRpcError) -> InitError | None:
    trailers: Any = error.trailing_metadata() or ()
    for key, payload in trailers:
        if key != STATUS_TRAILER:
            continue
        status = status_pb2.Status.FromString(payload)
        for detail in status.details:
            failed = provider_pb2.ErrorResourceInitFailed()
            if detail.Unpack(failed):
                return InitError(
                    failed.id,
                    from_struct(failed.properties),
                    list(failed.reasons) or [_message(error)],
                    from_struct(failed.inputs) if failed.HasField("inputs") else None,
                )
    return None
