"""How events reach those who listen: signed, tried again, and as unreliably as the sandbox is told."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import random
import time
from typing import NamedTuple
from urllib.parse import urlsplit

import httpx
import msgspec

from sandbox.apis.stripe.books import Accounts, Books, told
from sandbox.apis.stripe.refusals import missing

TIMEOUT_SECONDS = 20.0
AT_ONCE = 50
HERE = ("127.0.0.1", "localhost", "::1")


class Attempt(NamedTuple):
    """One request to one endpoint."""

    url: str
    body: bytes
    secret: str


class Deliveries:
    """Sends what is due, account by account, as long as the server runs."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._woken: dict[str, asyncio.Event] = {}
        self._client = httpx.AsyncClient(
            timeout=TIMEOUT_SECONDS, trust_env=False, limits=httpx.Limits(max_connections=AT_ONCE)
        )
        self._random = random.Random()  # noqa: S311  unreliable, not secret

    def wake(self, ref: str) -> None:
        """Look after an account's deliveries: there may be new ones."""
        task = self._tasks.get(ref)
        if task is None or task.done():
            self._woken[ref] = asyncio.Event()
            self._tasks[ref] = asyncio.create_task(self._run(ref))
        self._woken[ref].set()

    async def send(self, ref: str, number: int) -> int:
        """Try one delivery now, whatever has become of it so far; tells the status, 0 for no answer."""
        with self._accounts.open(ref) as books:
            attempt = _attempt(books, number)
        status = await self._post(attempt)
        self._record(ref, number, status)
        return status

    async def close(self) -> None:
        """Stop."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        await self._client.aclose()

    async def _run(self, ref: str) -> None:
        sending: set[asyncio.Task[int]] = set()
        while self._accounts.file(ref).exists():
            self._woken[ref].clear()
            with self._accounts.open(ref) as books:
                numbers, wait = self._take(books, AT_ONCE - len(sending))
            sending |= {asyncio.create_task(self.send(ref, number)) for number in numbers}
            woken = asyncio.create_task(self._woken[ref].wait())
            done, _ = await asyncio.wait({woken, *sending}, timeout=wait, return_when=asyncio.FIRST_COMPLETED)
            woken.cancel()
            sending -= done
            if not sending and not numbers and wait is None and woken not in done:
                return

    def _take(self, books: Books, most: int) -> tuple[list[int], float | None]:
        """The deliveries that are due, marked as being sent, and how long until the next one is."""
        plan, database, now = books.plan, books.database, time.time()
        if plan.hold:
            return [], None
        for (number,) in database.execute(
            "SELECT id FROM deliveries WHERE done = 0 AND due IS NULL AND attempts = 0"
        ).fetchall():
            due = now + self._random.uniform(*plan.delay)
            database.execute("UPDATE deliveries SET due = ? WHERE id = ?", (due, number))
        rows = database.execute(
            "SELECT id FROM deliveries WHERE done = 0 AND due <= ? ORDER BY due, id LIMIT ?", (now, most)
        ).fetchall()
        for row in rows:
            # Until it is answered for, nobody else takes it; a killed server tries it again then.
            database.execute("UPDATE deliveries SET due = ? WHERE id = ?", (now + 2 * TIMEOUT_SECONDS, *row))
        following = database.execute("SELECT min(due) FROM deliveries WHERE done = 0").fetchone()[0]
        return [number for (number,) in rows], None if following is None else max(0.01, following - now)

    async def _post(self, attempt: Attempt) -> int:
        if urlsplit(attempt.url).hostname not in HERE:
            return 0  # nothing of the sandbox leaves this machine
        headers = {
            "content-type": "application/json; charset=utf-8",
            "stripe-signature": signature(attempt.body, attempt.secret, int(time.time())),
            "user-agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
        }
        try:
            answer = await self._client.post(attempt.url, content=attempt.body, headers=headers)
        except httpx.HTTPError:
            return 0
        return answer.status_code

    def _record(self, ref: str, number: int, status: int) -> None:
        with self._accounts.open(ref) as books:
            plan, database = books.plan, books.database
            attempts, done = database.execute(
                "SELECT attempts, done FROM deliveries WHERE id = ?", (number,)
            ).fetchone()
            arrived = 200 <= status < 300 and self._random.random() >= plan.lose
            again = arrived and not done and self._random.random() < plan.repeat
            left = plan.retry_seconds[attempts : attempts + 1]
            due = time.time() + (left[0] if left else 0) if not arrived or again else None
            finished = done or (arrived and not again) or (not arrived and not left)
            database.execute(
                "UPDATE deliveries SET attempts = attempts + 1, status = ?, done = ?, due = ? WHERE id = ?",
                (status, finished, due, number),
            )
            if arrived and not done:
                _lessen_pending(books, number)
        self.wake(ref)


def signature(body: bytes, secret: str, moment: int) -> str:
    """The header by which a listener knows who speaks, and since when."""
    signed = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={moment},v1={signed}"


def _attempt(books: Books, number: int) -> Attempt:
    row = books.database.execute("SELECT event, endpoint FROM deliveries WHERE id = ?", (number,)).fetchone()
    if row is None:
        raise missing("delivery", str(number))
    event, endpoint = books.find(row[0]), books.find(row[1])
    if event is None or endpoint is None:
        return Attempt("", b"", "")  # the endpoint was deleted: nobody is told
    return Attempt(routed(books, endpoint["url"]), msgspec.json.encode(told(event)), endpoint["_secret"])


def routed(books: Books, url: str) -> str:
    """Where a URL leads on this machine: a project's functions are served by the sandbox's own gateway."""
    for start, here in books.fact("routes", {}).items():
        if url.startswith(start):
            return f"{here}{url.removeprefix(start)}"
    return url


def _lessen_pending(books: Books, number: int) -> None:
    (identifier,) = books.database.execute("SELECT event FROM deliveries WHERE id = ?", (number,)).fetchone()
    event = books.get("event", identifier)
    books.put(event | {"pending_webhooks": max(0, event["pending_webhooks"] - 1)})
