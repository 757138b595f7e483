"""The generated gRPC modules of the installed SDK, without the SDK itself.

Importing `pulumi.runtime.proto` in the ordinary way runs `pulumi/__init__.py`, which costs the engine as much
as everything else it imports together. Two empty packages that only know their folder let the generated
modules load alone; they are taken away again, so that a later `import pulumi` in the same process gets the
real one.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

_STANDINS = ("pulumi", "pulumi.runtime")


def _install_standins() -> list[str]:
    if "pulumi" in sys.modules:
        return []
    spec = importlib.util.find_spec("pulumi")
    if spec is None or spec.origin is None:
        raise ImportError("the Pulumi SDK is not installed in this Python; install requirements.txt")
    folder = Path(spec.origin).parent
    for name in _STANDINS:
        module = ModuleType(name)
        module.__path__ = [str(folder.joinpath(*name.split(".")[1:]))]
        sys.modules[name] = module
    return list(_STANDINS)


_installed = _install_standins()
try:
    from pulumi.runtime.proto import (
        alias_pb2,
        engine_pb2,
        engine_pb2_grpc,
        plugin_pb2,
        provider_pb2,
        provider_pb2_grpc,
        resource_pb2,
        resource_pb2_grpc,
    )
finally:
    for _name in _installed:
        del sys.modules[_name]

MESSAGE_LIMIT = 400 * 1024 * 1024
"""Bytes; the SDK's own limit, far above gRPC's 4 MiB."""

CHANNEL_OPTIONS = [
    # Everything is on this machine; a proxy of the user's must not be asked for it.
    ("grpc.enable_http_proxy", 0),
    ("grpc.max_receive_message_length", MESSAGE_LIMIT),
    ("grpc.max_send_message_length", MESSAGE_LIMIT),
]

__all__ = [
    "CHANNEL_OPTIONS",
    "alias_pb2",
    "engine_pb2",
    "engine_pb2_grpc",
    "plugin_pb2",
    "provider_pb2",
    "provider_pb2_grpc",
    "resource_pb2",
    "resource_pb2_grpc",
]
