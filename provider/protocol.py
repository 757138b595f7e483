"""The generated gRPC modules of the installed SDK, without the SDK itself.

A plugin needs nothing else of the SDK, and importing it whole takes longer than all of a preview's other work
here. Two empty packages that only know their folder let the generated modules load alone.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType


def _stand_in() -> None:
    spec = importlib.util.find_spec("pulumi")
    if spec is None or spec.origin is None:
        raise ImportError("the Pulumi SDK is not installed in this Python; run `make setup`")
    folder = Path(spec.origin).parent
    for name, path in (("pulumi", folder), ("pulumi.runtime", folder / "runtime")):
        module = ModuleType(name)
        module.__path__ = [str(path)]
        sys.modules[name] = module


if "pulumi" not in sys.modules:
    _stand_in()

from pulumi.runtime.proto import (  # noqa: E402  after the stand-ins
    engine_pb2,
    engine_pb2_grpc,
    plugin_pb2,
    provider_pb2,
    provider_pb2_grpc,
)

__all__ = ["engine_pb2", "engine_pb2_grpc", "plugin_pb2", "provider_pb2", "provider_pb2_grpc"]
