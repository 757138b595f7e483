"""A server that works as little as it can: what is measured beside it is the work of others."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection

_ASKED = re.compile(rb"GET /v1/(\w+)\?(?:\S*&)?customer=(\w+)")
_END = b"\r\n\r\n"

Answers = Mapping[tuple[str, str], bytes]
"""Documents of JSON by the list that is asked for and by the customer."""


@contextmanager
def answering(answers: Answers) -> Iterator[str]:
    """A process that stands for Stripe; gives its URL."""
    apart = get_context("spawn")
    ours, theirs = apart.Pipe()
    process = apart.Process(target=_serve, args=(answers, theirs), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{ours.recv()}"
    finally:
        process.kill()
        process.join()


def _serve(answers: Answers, told: Connection) -> None:
    asyncio.run(_until_killed(answers, told))


async def _until_killed(answers: Answers, told: Connection) -> None:
    written = {
        (name.encode(), customer.encode()): _written(text) for (name, customer), text in answers.items()
    }
    server = await asyncio.get_running_loop().create_server(lambda: _Answering(written), "127.0.0.1", 0)
    told.send(server.sockets[0].getsockname()[1])
    await server.serve_forever()


def _written(text: bytes) -> bytes:
    head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(text)}\r\n\r\n"
    return head.encode() + text


class _Answering(asyncio.Protocol):
    """A connection on which requests without a body come one after the other."""

    def __init__(self, answers: Mapping[tuple[bytes, bytes], bytes]) -> None:
        self._answers = answers
        self._got = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        *whole, self._got = (self._got + data).split(_END)
        for request in whole:
            asked = _ASKED.match(request)
            assert asked, request
            self._transport.write(self._answers[asked[1], asked[2]])
