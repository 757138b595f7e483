"""Run the provider: `python provider ENGINE_ADDRESS` prints its port and serves until it is stopped."""

from __future__ import annotations

import json
import os
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path

# A folder that is run becomes the first place to look for modules; the root must stand there instead.
ROOT = Path(__file__).resolve().parent.parent
sys.path[0] = str(ROOT)

# gRPC's core would write its own log of closed connections among the lines of a run.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")
# httpx does without its command line where that is missing, and it would be half of what httpx costs a start.
sys.modules["httpx._main"] = None  # type: ignore[assignment]

import grpc  # noqa: E402  after the path and its log's level are right

from provider.plane import Planes  # noqa: E402
from provider.protocol import provider_pb2_grpc  # noqa: E402
from provider.servicer import Servicer  # noqa: E402
from provider.target import Target, load_target  # noqa: E402

_MESSAGE_LIMIT = 400 * 1024 * 1024
_OPTIONS = [
    ("grpc.max_receive_message_length", _MESSAGE_LIMIT),
    ("grpc.max_send_message_length", _MESSAGE_LIMIT),
]


def main() -> None:
    """Serve until SIGINT or SIGTERM, which end the process quietly."""
    servicer = Servicer(_target, Planes)
    server = grpc.server(ThreadPoolExecutor(max_workers=16), options=_OPTIONS)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    # A refresh would come to its end for this import alone; this thread has nothing else to do.
    import_module("stripe")
    signal.sigwait({signal.SIGINT, signal.SIGTERM})
    servicer.close()
    server.stop(grace=None)


def _target() -> Target:
    config = {key: str(value) for key, value in json.loads(os.environ.get("PULUMI_CONFIG", "{}")).items()}
    return load_target(config, Path.cwd())


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    main()
