"""Run the provider: `python command ENGINE_ADDRESS` prints its port and serves until it is stopped."""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path

# A folder that is run becomes the first place to look for modules; the root must stand there instead.
sys.path[0] = str(Path(__file__).resolve().parent.parent.parent)

import grpc  # noqa: E402  after the path is right

from engine.command.servicer import Servicer  # noqa: E402
from engine.proto import CHANNEL_OPTIONS, engine_pb2_grpc, provider_pb2_grpc  # noqa: E402


async def main(engine_address: str) -> None:
    """Serve until SIGINT or SIGTERM, which end the commands that are still running, too."""
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    server = grpc.aio.server(options=CHANNEL_OPTIONS)
    async with grpc.aio.insecure_channel(engine_address, options=CHANNEL_OPTIONS) as channel:
        servicer = Servicer(engine_pb2_grpc.EngineStub(channel))
        provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        sys.stdout.write(f"{port}\n")
        sys.stdout.flush()
        await stopped.wait()
        servicer.shell.stop()
        await server.stop(grace=None)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
