"""A stack's state as the CLI writes it to a file: checkpoint JSON, version 3."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from operator import is_
from types import NoneType
from typing import TypeVar, get_origin, get_type_hints

from engine import gojson
from engine.errors import EngineError
from engine.integrity import verify
from engine.passphrase import Crypter, from_salt
from engine.rows import PendingOperation, Row, Snapshot
from engine.values import (
    RESOURCE_REFERENCE,
    SECRET,
    SIGNATURE,
    UNKNOWN,
    UNKNOWN_TEXT,
    ResourceReference,
    Secret,
    Unknown,
    Value,
)

VERSION = 3
_WRITER = "v3.260.0"
"""The release of the CLI whose state format this is; the CLI checks a magic number made from it."""

# The checkpoint's keys in its own order, with the row's field where it has one; others live in `Row.extra`.
_KEYS: dict[str, str] = {
    "urn": "urn",
    "custom": "custom",
    "delete": "delete",
    "id": "id",
    "type": "type",
    "inputs": "inputs",
    "outputs": "outputs",
    "parent": "parent",
    "protect": "protect",
    "taint": "",
    "external": "external",
    "dependencies": "dependencies",
    "initErrors": "init_errors",
    "provider": "provider",
    "propertyDependencies": "property_dependencies",
    "pendingReplacement": "pending_replacement",
    "additionalSecretOutputs": "additional_secret_outputs",
    "aliases": "aliases",
    "customTimeouts": "custom_timeouts",
    "importID": "import_id",
    "retainOnDelete": "retain_on_delete",
    "deletedWith": "deleted_with",
    "replaceWith": "",
    "created": "created",
    "modified": "modified",
    "sourcePosition": "source_position",
    "stackTrace": "",
    "ignoreChanges": "ignore_changes",
    "hideDiff": "",
    "replaceOnChanges": "replace_on_changes",
    "replacementTrigger": "",
}
_FIELDS = {key: name for key, name in _KEYS.items() if name}
_KINDS = {
    dict: "an object",
    list: "a list",
    str: "a string",
    bool: "a boolean",
    NoneType: "null",
}
_FIELD_KINDS = {name: get_origin(hint) or hint for name, hint in get_type_hints(Row).items()}
_REQUIRED = ("urn", "custom", "type")
_TIMEOUTS = ("create", "update", "delete", "read")

T = TypeVar("T")
Transform = Callable[[str], str]
Encode = Callable[[Value], str]
Seal = Callable[[str], dict[str, str]]


def decode(text: str, source: str) -> tuple[Snapshot, Crypter | None]:
    """A checkpoint file's state, and the crypter of its secrets if it names one.

    `source` is the file's name for messages. Raises EngineError for a damaged state, for one that needs more
    than this engine has, and for a wrong passphrase where the state holds secrets.
    """
    document = _object(text, source)
    checkpoint = _part(document, "checkpoint", source)
    if "latest" not in checkpoint:
        return Snapshot(), None
    _require_version(document, source)
    snapshot, crypter = _snapshot(_part(checkpoint, "latest", source), source)
    verify(snapshot, source)
    return snapshot, crypter


class Texts:
    """The JSON of rows, kept for as long as a row's fields are the very same objects.

    A run writes its state again and again, and few of the rows differ. Values must never be changed in place.
    """

    def __init__(self) -> None:
        self._known: dict[int, tuple[Row, list[Value], str]] = {}

    def of(self, row: Row, encode: Encode) -> str:
        known = self._known.get(id(row))
        if known is None or not all(map(is_, vars(row).values(), known[1])):
            known = self._known[id(row)] = (row, list(vars(row).values()), _row_text(row, encode))
        return known[2]


def encode(stack: str, snapshot: Snapshot, crypter: Crypter, texts: Texts | None = None) -> str:
    """A checkpoint file's text; `stack` is the qualified name, `organization/<project>/<stack>`."""
    latest = _deployment(snapshot, crypter, _sealing(crypter.encrypt), texts or Texts())
    return f'{{"version":{VERSION},"checkpoint":{{"stack":{gojson.dumps(stack)},"latest":{latest}}}}}'


def export(snapshot: Snapshot, crypter: Crypter, *, show_secrets: bool = False) -> str:
    """The state as `pulumi stack export` prints it; secrets are plain JSON strings if shown."""
    seal = _shown if show_secrets else _sealing(crypter.encrypt)
    deployment = _deployment(snapshot, crypter, seal, Texts())
    return gojson.dumps({"version": VERSION, "deployment": gojson.loads(deployment)}, indent=4) + "\n"


def import_(text: str, source: str, stack: str, *, force: bool = False) -> Snapshot:
    """The state in what either engine's `export` printed, for the stack of that name.

    Raises EngineError as `decode` does, and for rows of another stack; `force` takes these, and what isn't
    sound, all the same.
    """
    document = _object(text, source)
    _require_version(document, source)
    snapshot = _snapshot(_part(document, "deployment", source), source)[0]
    if not force:
        verify(snapshot, source)
        _require_stack(snapshot, source, stack)
    return snapshot


def _require_stack(snapshot: Snapshot, source: str, stack: str) -> None:
    foreign = [row.urn for row in snapshot.rows if not row.urn.startswith(f"urn:pulumi:{stack}::")]
    if foreign:
        raise EngineError(
            f"{source}: {len(foreign)} of the resources aren't of the stack {stack}, {foreign[0]} first; "
            "select their stack, or add --force."
        )


def _object(text: str, source: str) -> dict[str, Value]:
    try:
        document = gojson.loads(text)
    except json.JSONDecodeError as error:
        raise EngineError(
            f"{source}:{error.lineno}: the state is not JSON ({error.msg}); restore it from a backup."
        ) from None
    if not isinstance(document, dict):
        raise EngineError(f"{source}: the state is {_kind(document)}; wanted an object.")
    return document


def _part(document: dict[str, Value], key: str, source: str) -> dict[str, Value]:
    part = document.get(key) or {}
    if not isinstance(part, dict):
        raise _damaged(source, f"{key} is {_kind(part)}; wanted an object")
    return part


def _damaged(source: str, fault: str) -> EngineError:
    return EngineError(f"{source}: the state is damaged: {fault}; restore it from a backup.")


def _kind(value: Value) -> str:
    return _KINDS.get(type(value), "a number")


def _require_version(document: dict[str, Value], source: str) -> None:
    version = document.get("version")
    if version == VERSION:
        return
    features = ", ".join(document.get("features") or [])
    needs = f" and needs {features}" if features else ""
    raise EngineError(
        f"{source}: the state is of version {version}{needs}; this engine reads version {VERSION}: "
        "use the Pulumi CLI for this stack."
    )


def _snapshot(deployment: dict[str, Value], source: str) -> tuple[Snapshot, Crypter | None]:
    try:
        return _Decoder(deployment, source).snapshot()
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise _damaged(source, f"a value isn't of its kind ({error})") from error


class _Decoder:
    """One deployment's rows; its crypter is asked for nothing until a first secret is met."""

    def __init__(self, deployment: dict[str, Value], source: str) -> None:
        self._deployment = deployment
        self._source = source
        self._crypter = _state_crypter(deployment.get("secrets_providers"), source)

    def snapshot(self) -> tuple[Snapshot, Crypter | None]:
        _require_magic(self._deployment.get("manifest") or {}, self._source)
        rows = [self._row(data, f"resources[{index}]") for index, data in self._listed("resources")]
        pending = [
            self._pending(data, f"pending_operations[{index}]")
            for index, data in self._listed("pending_operations")
        ]
        return Snapshot(rows, pending), self._crypter

    def _listed(self, key: str) -> Iterable[tuple[int, Value]]:
        return enumerate(self._require(self._deployment.get(key) or [], list, key))

    def _pending(self, data: Value, place: str) -> PendingOperation:
        operation = self._require(data, dict, place)
        kind = self._require(operation.get("type"), str, f"{place}.type")
        return PendingOperation(self._row(operation.get("resource"), f"{place}.resource"), kind)

    def _require(self, value: Value, kind: type[T], place: str) -> T:
        if not isinstance(value, kind):
            raise _damaged(self._source, f"{place} is {_kind(value)}; wanted {_KINDS[kind]}")
        return value

    def _row(self, value: Value, place: str) -> Row:
        decrypt = self._decrypt
        data = self._require(value, dict, place)
        for key in _REQUIRED:
            self._require(data.get(key), _FIELD_KINDS[key], f"{place}.{key}")
        fields: dict[str, Value] = {}
        extra: dict[str, Value] = {}
        for key, value in data.items():
            if value is None:
                continue
            decoded = _decoded(value, decrypt) if isinstance(value, dict | list) else value
            if name := _FIELDS.get(key):
                fields[name] = self._require(decoded, _FIELD_KINDS[name], f"{place}.{key}")
            else:
                extra[key] = decoded
        row = Row(**fields, extra=extra)
        row.property_dependencies = {
            key: self._require(urns or [], list, f"{place}.propertyDependencies.{key}")
            for key, urns in row.property_dependencies.items()
        }
        return row

    def _decrypt(self, ciphertext: str) -> str:
        if self._crypter is None:
            raise EngineError(
                f"{self._source}: the state holds secrets, and not the salt they need; restore it."
            )
        return self._crypter.decrypt(ciphertext)


def _state_crypter(provider: dict[str, Value] | None, source: str) -> Crypter | None:
    if not provider or not provider.get("type"):
        return None
    if provider["type"] != "passphrase":
        raise EngineError(
            f"{source}: the state's secrets are kept by {provider['type']}; wanted passphrase: "
            "use the Pulumi CLI for this stack."
        )
    return from_salt(provider["state"]["salt"])


def _require_magic(manifest: dict[str, Value], source: str) -> None:
    if manifest.get("magic", "") != _magic(manifest.get("version", "")):
        raise EngineError(
            f"{source}: the state's magic number doesn't fit its version, so the file was damaged or edited; "
            "restore it from a backup."
        )


def _magic(version: str) -> str:
    return hashlib.sha256(version.encode()).hexdigest() if version else ""


def _decoded(value: Value, decrypt: Transform) -> Value:
    if isinstance(value, str):
        return UNKNOWN if value == UNKNOWN_TEXT else value
    if isinstance(value, list):
        return [_decoded(item, decrypt) for item in value]
    if isinstance(value, dict):
        if SIGNATURE in value:
            return _signed(value, decrypt)
        return {key: _decoded(item, decrypt) for key, item in value.items()}
    return value


def _signed(value: dict[str, Value], decrypt: Transform) -> Value:
    signature = value[SIGNATURE]
    if signature == SECRET:
        text = value["plaintext"] if "plaintext" in value else decrypt(value["ciphertext"])
        # Inside of a secret the CLI marks secrets, too, but leaves their text as it is.
        return Secret(_decoded(gojson.loads(text), str))
    if signature == RESOURCE_REFERENCE:
        return ResourceReference(value["urn"], value.get("id"))
    raise EngineError(
        f"The state holds a value of the unsupported kind {signature} (an asset, for example); "
        "use the Pulumi CLI for this stack."
    )


def _deployment(snapshot: Snapshot, crypter: Crypter, seal: Seal, texts: Texts) -> str:
    encode = _encoder(seal)
    # The rows come first: a new crypter gets its salt by the first secret.
    resources = ",".join(texts.of(row, encode) for row in snapshot.rows)
    pending = ",".join(
        f'{{"resource":{_row_text(operation.row, encode)},"type":"{operation.kind}"}}'
        for operation in snapshot.pending_operations
    )
    parts = {
        "manifest": gojson.dumps(_manifest()),
        "secrets_providers": gojson.dumps(_provider(crypter.salt)) if crypter.salt else "",
        "resources": resources and f"[{resources}]",
        "pending_operations": pending and f"[{pending}]",
        "metadata": "{}",
    }
    return _object_text(parts)


def _manifest() -> dict[str, str]:
    return {"time": datetime.now().astimezone().isoformat(), "magic": _magic(_WRITER), "version": _WRITER}


def _provider(salt: str) -> dict[str, Value]:
    return {"type": "passphrase", "state": {"salt": salt}}


def _object_text(parts: Mapping[str, str]) -> str:
    return "{" + ",".join(f'"{key}":{text}' for key, text in parts.items() if text) + "}"


def _sealing(encrypt: Transform) -> Seal:
    return lambda plaintext: {SIGNATURE: SECRET, "ciphertext": encrypt(plaintext)}


def _shown(plaintext: str) -> dict[str, str]:
    return {SIGNATURE: SECRET, "plaintext": plaintext}


def _row_text(row: Row, encode: Encode) -> str:
    """A row's JSON, put together by hand: its keys have an order of their own, unlike the maps in it."""
    parts: dict[str, str] = {}
    for key, name in _KEYS.items():
        value = getattr(row, name) if name else row.extra.get(key)
        if value or key == "custom":
            parts[key] = _timeouts(row.custom_timeouts) if key == "customTimeouts" else encode(value)
    parts |= {key: encode(value) for key, value in row.extra.items() if key not in parts}
    return gojson.escaped(_object_text(parts))


def _timeouts(seconds: Mapping[str, float]) -> str:
    return _object_text({kind: gojson.number_text(seconds[kind]) for kind in _TIMEOUTS if seconds.get(kind)})


def _encoder(seal: Seal) -> Encode:
    def plain(value: Value) -> Value:
        match value:
            case Secret(inner):
                return seal(gojson.escaped(_encode_secret(inner), html_safe=True))
            case Unknown():
                return UNKNOWN_TEXT
            case ResourceReference():
                return _reference(value)
        raise TypeError(f"{type(value).__name__} is not a property value")

    return gojson.encoder(plain)


_encode_secret = _encoder(_sealing(str))


def _reference(value: ResourceReference) -> dict[str, Value]:
    reference: dict[str, Value] = {SIGNATURE: RESOURCE_REFERENCE, "packageVersion": "", "urn": value.urn}
    return reference if value.id is None else reference | {"id": "" if value.id is UNKNOWN else value.id}
