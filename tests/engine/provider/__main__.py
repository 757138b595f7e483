"""A provider for tests, whose behaviour is data: `python provider ENGINE_ADDRESS`.

The folder that FAKE_PROVIDER names holds three files:

* `behaviour.json`: per resource type (or `*`) what it does, see Behaviour;
* `world.sqlite`: the objects that exist, see World; changed by tests;
* `calls.jsonl`: one line for each call, written here and read by tests.
"""

# ruff: noqa: N802  the methods bear the protocol's names

from __future__ import annotations

import functools
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

sys.path[0] = str(Path(__file__).resolve().parent.parent.parent.parent)

import grpc  # noqa: E402  after the path is right
from google.protobuf import any_pb2, empty_pb2, json_format, struct_pb2  # noqa: E402
from google.rpc import status_pb2  # type: ignore[import-untyped]  # noqa: E402  ships without stubs

from engine.proto import plugin_pb2, provider_pb2, provider_pb2_grpc  # noqa: E402  far quicker than the whole SDK
from tests.engine.provider.world import World  # noqa: E402

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"
HOME = Path(os.environ["FAKE_PROVIDER"])
MEETING_SECONDS = 30

WORLD = World(HOME / "world.sqlite")

_lock = threading.RLock()
_running = 0
"""Changes and reads that have begun and not ended."""

Call = Callable[["Provider", Any, Any], Any]


def read_json(name: str) -> dict[str, Any]:
    path = HOME / name
    return json.loads(path.read_text()) if path.exists() else {}


def bare(value: Any) -> Any:
    """A value without its secret wrappers."""
    if isinstance(value, dict):
        if value.get(SIGNATURE) == SECRET:
            return bare(value["value"])
        return {key: bare(item) for key, item in value.items()}
    return [bare(item) for item in value] if isinstance(value, list) else value


def plain(struct: struct_pb2.Struct) -> dict[str, Any]:
    return json_format.MessageToDict(struct)


def to_struct(values: dict[str, Any]) -> struct_pb2.Struct:
    return json_format.ParseDict(values, struct_pb2.Struct())


class Behaviour:
    """What a type does.

    replace: keys whose change replaces; deleteBeforeReplace; detailed: whether Diff tells paths;
    defaults: inputs that Check adds; refuse: {key: reason}; outputs: added outputs, `{id}` filled in;
    secretOutputs: keys wrapped as secrets; fail / unhealthy / say: {"create:<name>": message};
    sleep: {"create:<name>": seconds}; die: "create:<name>"; noImport: Read gives no inputs;
    unknownDiff: leave the decision to the engine; id: a format of {name}, {n} and {inputs[<key>]};
    meet: ["create:<a>", "create:<b>"]: each waits until all of them have begun; acceptSecrets: whether values
    come marked as secrets (of `provider`, like failConfigure and stillborn);
    ensure: Create takes an equal object over, and refuses another one of its ID; pace: seconds that each
    change takes, half of them before it is done and half after.
    """

    def __init__(self, type_: str) -> None:
        known = read_json("behaviour.json")
        common = {} if type_ == "provider" else known.get("*", {})
        self.data: dict[str, Any] = {**common, **known.get(type_, {})}

    def get(self, key: str, default: Any) -> Any:
        return self.data.get(key, default)


def record(method: str, request: Any, **more: Any) -> None:
    with _lock, (HOME / "calls.jsonl").open("a") as file:
        urn = getattr(request, "urn", "")
        name = urn.split("::", 3)[3] if urn else ""
        entry = {"method": method, "name": name, "pid": os.getpid(), "running": _running, **more}
        file.write(json.dumps(entry, sort_keys=True) + "\n")


def counted(call: Call) -> Call:
    """Count a call as running until just before its answer is sent."""

    @functools.wraps(call)
    def counting(self: Provider, request: Any, context: Any) -> Any:
        _count(1)
        try:
            return call(self, request, context)
        finally:
            _count(-1)

    return counting


def _count(change: int) -> None:
    global _running
    with _lock:
        _running += change


class Provider(provider_pb2_grpc.ResourceProviderServicer):
    def Handshake(self, request: Any, context: Any) -> Any:
        record("Handshake", request)
        secrets = Behaviour("provider").get("acceptSecrets", True)
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=secrets, accept_resources=True)

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        return plugin_pb2.PluginInfo(version="0.1.0")

    def CheckConfig(self, request: Any, context: Any) -> Any:
        record("CheckConfig", request, news=plain(request.news))
        failures = Behaviour("provider").get("refuse", {})
        return provider_pb2.CheckResponse(
            inputs=request.news,
            failures=[provider_pb2.CheckFailure(property=k, reason=v) for k, v in failures.items()],
        )

    def DiffConfig(self, request: Any, context: Any) -> Any:
        record("DiffConfig", request)
        olds, news = bare(plain(request.old_inputs)), bare(plain(request.news))
        changed = sorted(k for k in {*olds, *news} if olds.get(k) != news.get(k))
        replaces = [k for k in changed if k in Behaviour("provider").get("replace", [])]
        some = provider_pb2.DiffResponse.DIFF_SOME if changed else provider_pb2.DiffResponse.DIFF_NONE
        return provider_pb2.DiffResponse(changes=some, diffs=changed, replaces=replaces)

    def Configure(self, request: Any, context: Any) -> Any:
        record("Configure", request, variables=dict(request.variables), config=os.environ["PULUMI_CONFIG"])
        if message := Behaviour("provider").get("failConfigure", ""):
            context.abort(grpc.StatusCode.UNKNOWN, message)
        secrets = Behaviour("provider").get("acceptSecrets", True)
        return provider_pb2.ConfigureResponse(
            acceptSecrets=secrets, supportsPreview=True, acceptResources=True
        )

    def Check(self, request: Any, context: Any) -> Any:
        record("Check", request, olds=bool(request.olds.fields))
        behaviour = Behaviour(request.type)
        inputs = {**behaviour.get("defaults", {}), **plain(request.news)}
        failures = [
            provider_pb2.CheckFailure(property=key, reason=reason)
            for key, reason in behaviour.get("refuse", {}).items()
            if key in inputs
        ]
        return provider_pb2.CheckResponse(inputs=to_struct(inputs), failures=failures)

    def Diff(self, request: Any, context: Any) -> Any:
        record("Diff", request)
        behaviour = Behaviour(request.type)
        if behaviour.get("unknownDiff", False):
            return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_UNKNOWN)
        olds, news = bare(plain(request.old_inputs)), bare(plain(request.news))
        changed = sorted(k for k in {*olds, *news} if olds.get(k) != news.get(k))
        changed = [k for k in changed if k not in request.ignoreChanges]
        replaces = [k for k in changed if k in behaviour.get("replace", [])]
        response = provider_pb2.DiffResponse(
            changes=provider_pb2.DiffResponse.DIFF_SOME if changed else provider_pb2.DiffResponse.DIFF_NONE,
            diffs=changed,
            replaces=replaces,
            deleteBeforeReplace=behaviour.get("deleteBeforeReplace", False),
            hasDetailedDiff=behaviour.get("detailed", True),
        )
        for key in changed if behaviour.get("detailed", True) else ():
            kind = "ADD" if key not in olds else "DELETE" if key not in news else "UPDATE"
            kind += "_REPLACE" if key in replaces else ""
            response.detailedDiff[key].kind = provider_pb2.PropertyDiff.Kind.Value(kind)
            response.detailedDiff[key].inputDiff = True
        return response

    @counted
    def Create(self, request: Any, context: Any) -> Any:
        if request.preview:
            return provider_pb2.CreateResponse(id="", properties=request.properties)
        record("Create", request)
        behaviour, inputs = Behaviour(request.type), plain(request.properties)
        self._begin("create", request, context)
        name = request.urn.split("::", 3)[3]
        form = behaviour.get("id", "{name}-{n}")
        number = WORLD.next_number(name) if "{n}" in form else 0
        identifier = form.format(name=name, n=number, inputs=bare(inputs))
        if not self._takes_over(behaviour, identifier, bare(inputs), context):
            WORLD.put(identifier, request.type, bare(inputs))
        time.sleep(behaviour.get("pace", 0) / 2)
        outputs = self._outputs(behaviour, identifier, inputs)
        self._unhealthy("create", request, context, identifier, outputs)
        return provider_pb2.CreateResponse(id=identifier, properties=to_struct(outputs))

    @counted
    def Update(self, request: Any, context: Any) -> Any:
        if request.preview:
            return provider_pb2.UpdateResponse(properties=request.news)
        record("Update", request)
        behaviour, inputs = Behaviour(request.type), plain(request.news)
        self._begin("update", request, context)
        WORLD.put(request.id, request.type, bare(inputs))
        time.sleep(behaviour.get("pace", 0) / 2)
        outputs = self._outputs(behaviour, request.id, inputs)
        self._unhealthy("update", request, context, request.id, outputs)
        return provider_pb2.UpdateResponse(properties=to_struct(outputs))

    @counted
    def Delete(self, request: Any, context: Any) -> Any:
        record("Delete", request, id=request.id)
        self._begin("delete", request, context)
        WORLD.remove(request.id)
        time.sleep(Behaviour(request.type).get("pace", 0) / 2)
        return empty_pb2.Empty()

    @counted
    def Read(self, request: Any, context: Any) -> Any:
        record("Read", request, inputs=request.HasField("inputs") and bool(request.inputs.fields))
        self._begin("read", request, context)
        live = WORLD.get(request.id)
        if live is None:
            return provider_pb2.ReadResponse()
        behaviour = Behaviour(request.type)
        outputs = self._outputs(behaviour, request.id, live)
        self._unhealthy("read", request, context, request.id, outputs, live)
        response = provider_pb2.ReadResponse(id=request.id, properties=to_struct(outputs))
        if not behaviour.get("noImport", False):
            response.inputs.CopyFrom(to_struct(live))
        return response

    def Invoke(self, request: Any, context: Any) -> Any:
        record("Invoke", request, token=request.tok)
        if message := Behaviour(request.tok).get("fail", {}).get("invoke", ""):
            context.abort(grpc.StatusCode.UNKNOWN, message)
        reply = provider_pb2.InvokeResponse()
        getattr(reply, "return").CopyFrom(to_struct({"got": plain(request.args), "preview": request.preview}))
        return reply

    def Cancel(self, request: Any, context: Any) -> Any:
        record("Cancel", request)
        return empty_pb2.Empty()

    # What behaviours do

    def _begin(self, verb: str, request: Any, context: Any) -> None:
        behaviour, name = Behaviour(request.type), request.urn.split("::", 3)[3]
        time.sleep(behaviour.get("sleep", {}).get(f"{verb}:{name}", 0))
        self._meet(f"{verb}:{name}", behaviour.get("meet", []))
        if verb != "read":
            time.sleep(behaviour.get("pace", 0) / 2)
        if behaviour.get("die", "") == f"{verb}:{name}":
            os._exit(3)
        if message := behaviour.get("fail", {}).get(f"{verb}:{name}", ""):
            context.abort(grpc.StatusCode.UNKNOWN, message)
        if behaviour.get("say", {}).get(f"{verb}:{name}"):
            sys.stdout.write(behaviour.get("say", {})[f"{verb}:{name}"] + "\n")
            sys.stdout.flush()

    @staticmethod
    def _takes_over(behaviour: Behaviour, identifier: str, inputs: dict[str, Any], context: Any) -> bool:
        live = WORLD.get(identifier) if behaviour.get("ensure", False) else None
        if live is not None and live != inputs:
            context.abort(grpc.StatusCode.ALREADY_EXISTS, f"{identifier} exists, and is {live}")
        return live is not None

    @staticmethod
    def _meet(begun: str, all_: list[str]) -> None:
        """Wait until every one of the operations has begun, or give up as they don't run at once."""
        if begun not in all_:
            return
        with _lock, (HOME / "met").open("a") as file:
            file.write(f"{begun}\n")
        deadline = time.monotonic() + MEETING_SECONDS
        while not set(all_) <= set((HOME / "met").read_text().split()):
            if time.monotonic() > deadline:
                raise TimeoutError(f"{begun} waited in vain for {all_}")
            time.sleep(0.02)

    def _unhealthy(
        self,
        verb: str,
        request: Any,
        context: Any,
        identifier: str,
        outputs: dict[str, Any],
        inputs: dict[str, Any] | None = None,
    ) -> None:
        name = request.urn.split("::", 3)[3]
        message = Behaviour(request.type).get("unhealthy", {}).get(f"{verb}:{name}", "")
        if not message:
            return
        detail = any_pb2.Any()
        detail.Pack(
            provider_pb2.ErrorResourceInitFailed(
                id=identifier,
                properties=to_struct(outputs),
                inputs=None if inputs is None else to_struct(inputs),
                reasons=[message],
            )
        )
        status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=message, details=[detail])
        context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
        context.abort(grpc.StatusCode.UNKNOWN, message)

    def _outputs(self, behaviour: Behaviour, identifier: str, inputs: dict[str, Any]) -> dict[str, Any]:
        outputs = dict(inputs)
        for key, form in behaviour.get("outputs", {}).items():
            outputs[key] = form.format(id=identifier) if isinstance(form, str) else form
        for key in behaviour.get("secretOutputs", []):
            if key in outputs:
                outputs[key] = {SIGNATURE: SECRET, "value": outputs[key]}
        return outputs


def main() -> None:
    if reason := Behaviour("provider").get("stillborn", ""):
        sys.exit(reason)
    server = grpc.server(ThreadPoolExecutor(max_workers=16))
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Provider(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    signal.sigwait({signal.SIGINT, signal.SIGTERM})
    server.stop(grace=0).wait()


main()
