"""The provider's side of Pulumi's plugin protocol."""

from __future__ import annotations

import functools
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import grpc
import msgspec
from google.protobuf import any_pb2, empty_pb2, struct_pb2
from google.rpc import status_pb2  # type: ignore[import-untyped]  # ships without stubs

from provider import wire
from provider.differences import Difference
from provider.errors import NotAsWantedError, PropertyError, ProviderError
from provider.log import EngineLog
from provider.notes import Note, progress_to
from provider.plane import Planes
from provider.protocol import plugin_pb2, provider_pb2, provider_pb2_grpc
from provider.registry import Kind, Planned
from provider.schema.shape import Shape
from provider.target import Target

VERSION = "0.1.0"

_KINDS = {
    "add": provider_pb2.PropertyDiff.ADD,
    "update": provider_pb2.PropertyDiff.UPDATE,
    "delete": provider_pb2.PropertyDiff.DELETE,
}
_IDENTITY = "projectRef"

Handler = TypeVar("Handler", bound=Callable[..., Any])


def _reported(handler: Handler) -> Handler:
    """Turn what a handler raises into one sentence for the user."""

    @functools.wraps(handler)
    def call(servicer: Servicer, request: Any, context: grpc.ServicerContext) -> Any:
        try:
            return handler(servicer, request, context)
        except NotAsWantedError as error:
            _abort_partial(context, error)
        except ProviderError as error:
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, str(error))
        except Exception as error:  # noqa: BLE001  the last resort, so that no traceback reaches a user
            place = traceback.extract_tb(error.__traceback__)[-1]
            where = f"{Path(place.filename).name}:{place.lineno}"
            context.abort(
                grpc.StatusCode.INTERNAL, f"this is a bug in the voip provider ({where}): {error!r}"
            )

    return call  # type: ignore[return-value]  # wraps keeps the handler's signature


def _abort_partial(context: grpc.ServicerContext, error: NotAsWantedError) -> NoReturn:
    """The object exists and is not right: the engine keeps it, and the next update mends it."""
    data = _told(error.live)
    detail = provider_pb2.ErrorResourceInitFailed(
        id=error.live.id, properties=data, inputs=data, reasons=[str(error)]
    )
    packed = any_pb2.Any()
    packed.Pack(detail)
    status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=str(error), details=[packed])
    context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    context.abort(grpc.StatusCode.UNKNOWN, str(error))


class Servicer(provider_pb2_grpc.ResourceProviderServicer):
    """Decodes a call, asks the handler of its kind, and encodes the answer."""

    def __init__(self, load: Callable[[], Target], planes: Callable[[Target], Planes]) -> None:
        self._load = load
        self._make_planes = planes
        self._planes: Planes | None = None
        self._log = EngineLog()

    @_reported
    def Handshake(
        self, request: Any, context: grpc.ServicerContext
    ) -> provider_pb2.ProviderHandshakeResponse:
        self._log.connect(request.engine_address)
        return provider_pb2.ProviderHandshakeResponse(
            accept_secrets=False, accept_resources=False, accept_outputs=False
        )

    @_reported
    def GetPluginInfo(self, request: Any, context: grpc.ServicerContext) -> plugin_pb2.PluginInfo:
        return plugin_pb2.PluginInfo(version=VERSION)

    @_reported
    def GetSchema(self, request: Any, context: grpc.ServicerContext) -> provider_pb2.GetSchemaResponse:
        return provider_pb2.GetSchemaResponse(schema=f'{{"name": "voip", "version": "{VERSION}"}}')

    @_reported
    def CheckConfig(
        self, request: provider_pb2.CheckRequest, context: grpc.ServicerContext
    ) -> provider_pb2.CheckResponse:
        self._refuse_another_target(wire.plain(request.olds))
        return provider_pb2.CheckResponse(inputs=request.news)

    @_reported
    def DiffConfig(
        self, request: provider_pb2.DiffRequest, context: grpc.ServicerContext
    ) -> provider_pb2.DiffResponse:
        self._refuse_another_target(wire.plain(request.old_inputs) or wire.plain(request.olds))
        return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_NONE)

    @_reported
    def Configure(
        self, request: provider_pb2.ConfigureRequest, context: grpc.ServicerContext
    ) -> provider_pb2.ConfigureResponse:
        self._refuse_another_target(wire.plain(request.args))
        self._planes = self._make_planes(self._load())
        self._planes.verify()
        return provider_pb2.ConfigureResponse(
            supportsPreview=True, acceptSecrets=False, acceptResources=False
        )

    @_reported
    def Check(
        self, request: provider_pb2.CheckRequest, context: grpc.ServicerContext
    ) -> provider_pb2.CheckResponse:
        news = wire.plain(request.news)
        if wire.has_unknowns(news):
            return provider_pb2.CheckResponse(inputs=request.news)
        kind = self._kind(request.urn)
        try:
            checked = kind.check(kind.shape.from_wire(news))
        except (PropertyError, msgspec.ValidationError) as error:
            failure = provider_pb2.CheckFailure(property=_property_of(error), reason=str(error))
            return provider_pb2.CheckResponse(failures=[failure])
        return provider_pb2.CheckResponse(inputs=wire.struct(checked.wire()))

    @_reported
    def Diff(
        self, request: provider_pb2.DiffRequest, context: grpc.ServicerContext
    ) -> provider_pb2.DiffResponse:
        news = wire.plain(request.news)
        if wire.has_unknowns(news):
            return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_UNKNOWN)
        kind = self._kind(request.urn)
        wanted = kind.shape.from_wire(news)
        if wanted.id != request.id:
            raise ProviderError(
                f"{request.id} is now declared as {wanted.id}; an object keeps its name: "
                "declare the new one beside it and until which phase the old one exists"
            )
        return _diff_response(kind.diff(_recorded(kind, request.olds), wanted))

    @_reported
    def Read(
        self, request: provider_pb2.ReadRequest, context: grpc.ServicerContext
    ) -> provider_pb2.ReadResponse:
        kind = self._kind(request.urn)
        live = kind.read(request.id, _known(kind, request))
        if live is None:
            return provider_pb2.ReadResponse()
        declared = {name: value for name, value in live.wire().items() if name not in live.outputs}
        return provider_pb2.ReadResponse(
            id=request.id, properties=_told(live), inputs=_encoded(live, declared)
        )

    @_reported
    def Create(
        self, request: provider_pb2.CreateRequest, context: grpc.ServicerContext
    ) -> provider_pb2.CreateResponse:
        if request.preview:
            self._announce(request.urn, request.properties)
            return provider_pb2.CreateResponse(properties=request.properties)
        kind = self._kind(request.urn)
        with progress_to(functools.partial(self._log.show, request.urn)):
            live: Shape = kind.create(kind.shape.from_wire(wire.plain(request.properties)))
        return provider_pb2.CreateResponse(id=live.id, properties=_told(live))

    @_reported
    def Update(
        self, request: provider_pb2.UpdateRequest, context: grpc.ServicerContext
    ) -> provider_pb2.UpdateResponse:
        kind, news = self._kind(request.urn), wire.plain(request.news)
        if request.preview and wire.has_unknowns(news):
            return provider_pb2.UpdateResponse(properties=request.news)
        before, wanted = _recorded(kind, request.olds), kind.shape.from_wire(news)
        if request.preview:
            self._announce(request.urn, request.news)
            return provider_pb2.UpdateResponse(properties=_foreseen(wanted, before))
        with progress_to(functools.partial(self._log.show, request.urn)):
            live = kind.update(before, wanted)
        return provider_pb2.UpdateResponse(properties=_told(live))

    @_reported
    def Delete(self, request: provider_pb2.DeleteRequest, context: grpc.ServicerContext) -> empty_pb2.Empty:
        kind = self._kind(request.urn)
        kind.delete(_recorded(kind, request.properties), self._configured.target.scratch)
        return empty_pb2.Empty()

    @_reported
    def Invoke(
        self, request: provider_pb2.InvokeRequest, context: grpc.ServicerContext
    ) -> provider_pb2.InvokeResponse:
        functions = self._configured.functions
        if request.tok not in functions:
            raise ProviderError(
                f"{request.tok} is not a function of the voip provider; it has {', '.join(sorted(functions))}"
            )
        response = provider_pb2.InvokeResponse()
        getattr(response, "return").CopyFrom(wire.struct(functions[request.tok]()))
        return response

    @_reported
    def Cancel(self, request: Any, context: grpc.ServicerContext) -> empty_pb2.Empty:
        self.close()
        return empty_pb2.Empty()

    def close(self) -> None:
        """Give up all connections, and with them the locks on the target."""
        if self._planes is not None:
            self._planes.close()

    def _announce(self, urn: str, properties: struct_pb2.Struct) -> None:
        """Tell what a change will mean for those who use the target meanwhile."""
        news, kind = wire.plain(properties), self._kind(urn)
        if wire.has_unknowns(news) or not isinstance(kind, Planned):
            return
        try:
            notes = kind.notes(kind.shape.from_wire(news))
        except ProviderError as refusal:
            notes = [Note(f"an update will refuse this: {refusal}", warning=True)]
        for note in notes:
            self._log.tell(urn, note)

    @property
    def _configured(self) -> Planes:
        if self._planes is None:
            raise ProviderError("the provider was used before it was configured; this is a bug in the engine")
        return self._planes

    def _kind(self, urn: str) -> Kind:
        token = urn.split("::")[2].rpartition("$")[2]
        kinds = self._configured.kinds
        if token not in kinds:
            raise ProviderError(
                f"{token} is not a kind of the voip provider; it has {', '.join(sorted(kinds))}"
            )
        return kinds[token]

    def _refuse_another_target(self, recorded: dict[str, Any]) -> None:
        target = self._load()
        reference = recorded.get(_IDENTITY, target.project_ref)
        if reference != target.project_ref:
            raise ProviderError(
                f"this stack's state belongs to the project {reference}, and its config names "
                f"{target.project_ref}; correct voip:projectRef, or make a stack for the other project"
            )


def _told(shape: Shape) -> struct_pb2.Struct:
    """An object for the engine, which keeps for itself what nobody may read.

    An output that has no value says so: the engine takes one that isn't told for one that nobody knows yet.
    """
    told = dict.fromkeys(shape.outputs, "") | shape.wire()
    return _encoded(shape, told)


def _foreseen(wanted: Shape, before: Shape) -> struct_pb2.Struct:
    after = wanted.foreseen(before)
    return _encoded(after, after.wire())


def _encoded(shape: Shape, told: dict[str, Any]) -> struct_pb2.Struct:
    secrets = {name: wire.secret(told[name]) for name in shape.confidential & told.keys()}
    return wire.struct(told | secrets)


def _recorded(kind: Kind, state: struct_pb2.Struct) -> Shape:
    """An object as the state tells it, which another version of this program may have written."""
    try:
        recorded: Shape = kind.shape.from_wire(wire.plain(state))
    except msgspec.ValidationError as error:
        raise ProviderError(
            f"the state tells a {kind.shape.token} in a form of another version ({error}); "
            "bring it up to date with `pulumi refresh`"
        ) from None
    return recorded


def _known(kind: Kind, request: provider_pb2.ReadRequest) -> Shape | None:
    """What is known of an object that is to be read: nothing in an import, nor from another version.

    What it was read as tells more than what was declared, such as the version that was live.
    """
    known = {**wire.plain(request.inputs), **wire.plain(request.properties)}
    try:
        return kind.shape.from_wire(known) if known else None
    except msgspec.ValidationError:
        return None


def _property_of(error: PropertyError | msgspec.ValidationError) -> str:
    """The path of the property that is wrong, or none; a decoding error tells it in its text alone."""
    if isinstance(error, PropertyError):
        return error.path
    place = str(error).partition(" - at `$.")[2].removesuffix("`")
    return place.partition("[...]")[0]  # it leaves the keys of dicts out


def _diff_response(found: list[Difference]) -> provider_pb2.DiffResponse:
    response = provider_pb2.DiffResponse(
        changes=provider_pb2.DiffResponse.DIFF_SOME if found else provider_pb2.DiffResponse.DIFF_NONE,
        diffs=sorted({difference.path.split(".")[0].split("[")[0] for difference in found}),
        hasDetailedDiff=True,
    )
    for difference in found:
        response.detailedDiff[difference.path].kind = _KINDS[difference.sign]
    return response
