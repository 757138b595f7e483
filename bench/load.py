"""A load of requests: so many at a time, each connection asking again as soon as it has its answer.

In a process of its own and without a client library, whose work would be most of what is measured: of an
answer only the head is looked at, and of that the status and the length.
"""

from __future__ import annotations

import asyncio
import os
import re
import statistics
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from typing import NamedTuple
from urllib.parse import urlsplit

_STATUS = re.compile(rb"HTTP/1\.1 (\d{3})")
_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)\r\n", re.IGNORECASE)
_BODILESS = (204, 304)
_END = b"\r\n\r\n"


class Spent(NamedTuple):
    """What a load took."""

    milliseconds: list[float]
    """From each request to the end of its answer."""
    seconds: float
    client: float
    """Seconds of a processor that the load itself took."""

    def told(self) -> dict[str, float]:
        """The distribution, and how many were answered in a second."""
        return {
            "p50 ms": round(statistics.median(self.milliseconds), 1),
            "p99 ms": round(statistics.quantiles(self.milliseconds, n=100)[98], 1),
            "longest ms": round(max(self.milliseconds), 1),
            "per second": round(len(self.milliseconds) / self.seconds, 1),
        }


def request(url: str, method: str = "GET", body: bytes = b"", headers: Mapping[str, str] = {}) -> bytes:
    """A request as it is sent."""
    _, host, path, query, _ = urlsplit(url)
    told = {"host": host, **headers, "content-length": str(len(body))}
    lines = [f"{method} {path}?{query} HTTP/1.1", *(f"{name}: {value}" for name, value in told.items())]
    return "\r\n".join([*lines, "", ""]).encode() + body


def ask(url: str, sent: Sequence[bytes], at_a_time: int, wanted: int) -> Spent:
    """What it took to have all of them answered, each with the wanted status; AssertionError otherwise."""
    with ProcessPoolExecutor(1, get_context("spawn")) as apart:
        return apart.submit(_asked, url, sent, at_a_time, wanted).result()


def _asked(url: str, sent: Sequence[bytes], at_a_time: int, wanted: int) -> Spent:
    return asyncio.run(_all(url, iter(sent), at_a_time, wanted))


async def _all(url: str, left: Iterator[bytes], at_a_time: int, wanted: int) -> Spent:
    loop, spent = asyncio.get_running_loop(), list[float]()
    address = urlsplit(url)
    assert address.hostname
    assert address.port
    connections = [
        (
            await loop.create_connection(
                partial(_Connection, left, spent, wanted), address.hostname, address.port
            )
        )[1]
        for _ in range(at_a_time)
    ]
    started, worked = time.perf_counter(), _processor()
    for each in connections:
        each.next()
    await asyncio.gather(*(each.done for each in connections))
    return Spent(spent, time.perf_counter() - started, _processor() - worked)


def _processor() -> float:
    used = os.times()
    return used.user + used.system


class _Connection(asyncio.Protocol):
    """One that asks as long as something is left."""

    def __init__(self, left: Iterator[bytes], spent: list[float], wanted: int) -> None:
        self.done = asyncio.get_running_loop().create_future()
        self._left, self._spent, self._wanted = left, spent, wanted
        self._got = bytearray()
        self._lacking = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(error or ConnectionResetError("the server has closed the connection"))

    def next(self) -> None:
        """Send what is next, or end."""
        request = next(self._left, None)
        if request is None:
            self.done.set_result(None)
            self._transport.close()
            return
        self._started = time.perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._got += data
        if not self._lacking:
            end = self._got.find(_END)
            if end < 0:
                return
            self._lacking = end + len(_END) + self._length(end)
        if len(self._got) >= self._lacking:
            self._spent.append((time.perf_counter() - self._started) * 1000)
            self._got.clear()
            self._lacking = 0
            self.next()

    def _length(self, end: int) -> int:
        status = _STATUS.match(self._got)
        if status is None or int(status[1]) != self._wanted:
            raise AssertionError(bytes(self._got))
        if self._wanted in _BODILESS:
            return 0
        length = _LENGTH.search(self._got, 0, end + 2)
        assert length, "an answer whose length isn't told"
        return int(length[1])
