"""What one account holds: objects, events with their deliveries, and answers kept for repeated requests.

One SQLite file for each account, opened for each request: a request is done as a whole or not at all, a
killed server has nothing to lose, and a command copies or drops an account whether or not the server is up.
"""

from __future__ import annotations

import copy
import hashlib
import hmac
import secrets
import sqlite3
import string
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import yaml

from sandbox.apis.stripe.refusals import missing
from sandbox.layout import Layout

API_VERSION = "2026-10-28.endive"
ALPHABET = string.ascii_letters + string.digits

Object = dict[str, Any]
"""An object as the API tells it; names that begin with an underscore are the stand-in's own, never told."""

_TABLES = """
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS objects (
    serial INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, customer TEXT, body BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS by_kind ON objects (kind, serial);
CREATE INDEX IF NOT EXISTS by_customer ON objects (kind, customer, serial);
CREATE TABLE IF NOT EXISTS answers (
    key TEXT PRIMARY KEY, asked TEXT NOT NULL, status INTEGER NOT NULL, body BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS deliveries (
    id INTEGER PRIMARY KEY, event TEXT NOT NULL, endpoint TEXT NOT NULL, due REAL,
    attempts INTEGER NOT NULL DEFAULT 0, status INTEGER, done INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS by_due ON deliveries (done, due);
"""


class Plan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How events are delivered."""

    hold: bool = False
    """Whether nothing is sent by itself: each delivery waits to be told."""
    retry_seconds: tuple[float, ...] = (1, 5, 30, 120, 600)
    """After how long a failed delivery is tried again; after the last it is given up."""
    delay: tuple[float, float] = (0, 0)
    """Between which seconds an event waits, so that some overtake others."""
    repeat: float = 0
    """How many of the deliveries that succeeded are sent once more."""
    lose: float = 0
    """How many answers never arrive, so that what was handled is sent again."""


class Accounts:
    """The accounts of one sandbox, each under the ref of the project that uses it."""

    def __init__(self, layout: Layout, token: str) -> None:
        self._folder = layout.apis / "stripe"
        self._token = token

    def refs(self) -> list[str]:
        """Every account's ref."""
        return sorted(path.stem for path in self._folder.glob("*.sqlite3"))

    def key(self, ref: str) -> str:
        """The secret key of an account, which tells its mode and whose it is, as the real ones do."""
        with self.open(ref) as books:
            mode = "live" if books.livemode else "test"
        return f"sk_{mode}_{ref}{self._signature(mode, ref)}"

    def by_key(self, key: str) -> str | None:
        """The ref of the account whose key it is."""
        kind, _, rest = key.partition("_")
        mode, _, rest = rest.partition("_")
        ref, signature = rest[:-32], rest[-32:]
        genuine = kind == "sk" and hmac.compare_digest(
            signature.encode(), self._signature(mode, ref).encode()
        )
        return ref if genuine and self.file(ref).exists() else None

    def make(self, ref: str, *, livemode: bool) -> None:
        """A new account that holds nothing."""
        self.remove(ref)
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with closing(_connect(self.file(ref))) as database:
            database.executescript(_TABLES)
            Books(database).fact_set("livemode", livemode)
            database.commit()

    def copy(self, source: str, ref: str) -> None:
        """Another account that holds the same."""
        self.remove(ref)
        with closing(_connect(self.file(source))) as old, closing(_connect(self.file(ref))) as new:
            old.backup(new)

    def remove(self, ref: str) -> None:
        """Forget an account."""
        for suffix in ("", "-journal"):
            Path(f"{self.file(ref)}{suffix}").unlink(missing_ok=True)

    @contextmanager
    def open(self, ref: str) -> Iterator[Books]:
        """The books of an account; what is written is kept if the work ends well."""
        with closing(_connect(self.file(ref))) as database:
            database.execute("BEGIN IMMEDIATE")
            yield Books(database)
            database.commit()

    def file(self, ref: str) -> Path:
        """Where an account is kept."""
        return self._folder / f"{ref}.sqlite3"

    def _signature(self, mode: str, ref: str) -> str:
        return hmac.new(self._token.encode(), f"{mode}/{ref}".encode(), hashlib.sha256).hexdigest()[:32]


def _connect(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, isolation_level=None, timeout=20)
    # A crash of the machine may cost the data, as with the databases; the end of a process costs none.
    database.execute("PRAGMA synchronous = OFF")
    database.execute("PRAGMA journal_mode = TRUNCATE")
    return database


class Books:
    """One account during one request."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self._frozen: int | None = None
        self.cause: Object = {"id": None, "idempotency_key": None}
        """The request that is being carried out, as its events tell it."""

    def fact(self, name: str, default: Any) -> Any:
        """Something known of the account as a whole."""
        row = self._database.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return msgspec.json.decode(row[0]) if row else default

    def fact_set(self, name: str, value: Any) -> None:
        """Know something of the account as a whole."""
        self._database.execute(
            "INSERT INTO facts VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            (name, msgspec.json.encode(value).decode()),
        )

    @property
    def livemode(self) -> bool:
        """Whether the account's money is real money."""
        return bool(self.fact("livemode", False))

    @property
    def plan(self) -> Plan:
        """How events are delivered."""
        return msgspec.convert(self.fact("plan", {}), Plan)

    def now(self, clock: str | None = None) -> int:
        """The account's time, or that of a test clock."""
        if self._frozen is not None:
            return self._frozen
        if clock is not None:
            return int(self.get("test_helpers.test_clock", clock)["frozen_time"])
        return int(time.time()) + int(self.fact("ahead", 0))

    @contextmanager
    def frozen(self, moment: int) -> Iterator[None]:
        """Do something at another time."""
        before, self._frozen = self._frozen, moment
        yield
        self._frozen = before

    def blank(self, kind: str, /, **known: Any) -> Object:
        """A new object of a kind, not yet kept."""
        shape = shapes()[kind]
        identifier = shape["prefix"] + "_" + "".join(secrets.choice(ALPHABET) for _ in range(24))
        new = {
            "id": identifier,
            "object": kind,
            "created": self.now(),
            "livemode": self.livemode,
            **dict.fromkeys(shape.get("lacks", [])),
            **copy.deepcopy(shape.get("has", {})),
            **known,
        }
        return {name: value for name, value in new.items() if name not in shape.get("never", [])}

    def put(self, item: Object) -> Object:
        """Keep an object as it is now."""
        self._database.execute(
            "INSERT INTO objects (id, kind, customer, body) VALUES (?, ?, ?, ?) "
            "ON CONFLICT (id) DO UPDATE SET body = excluded.body, customer = excluded.customer",
            (item["id"], item["object"], item.get("customer"), msgspec.json.encode(item)),
        )
        return item

    def find(self, identifier: str) -> Object | None:
        """Any object, by its ID."""
        row = self._database.execute("SELECT body FROM objects WHERE id = ?", (identifier,)).fetchone()
        return msgspec.json.decode(row[0]) if row else None

    def get(self, kind: str, identifier: str, param: str = "id") -> Object:
        """An object of a kind that must be there; `param` is the parameter that names it."""
        found = self.find(identifier)
        if found is None or found["object"] != kind:
            raise missing(kind, identifier, param)
        return found

    def drop(self, identifier: str) -> None:
        """Forget an object."""
        self._database.execute("DELETE FROM objects WHERE id = ?", (identifier,))

    def all(self, kind: str, customer: str | None = None) -> Iterator[Object]:
        """Every object of a kind, the newest first."""
        by_customer = "" if customer is None else " AND customer = :customer"
        rows = self._database.execute(
            # The condition is one of two fixed texts.
            f"SELECT body FROM objects WHERE kind = :kind{by_customer} ORDER BY serial DESC",  # noqa: S608
            {"kind": kind, "customer": customer},
        )
        for (body,) in rows.fetchall():
            yield msgspec.json.decode(body)

    def emit(self, name: str, item: Object, previous: Object | None = None) -> None:
        """Let everybody know who listens, now that an object is as it is."""
        data: Object = {"object": told(item)}
        if previous is not None:
            data["previous_attributes"] = previous
        listening = [
            endpoint
            for endpoint in self.all("webhook_endpoint")
            if endpoint["status"] == "enabled" and {name, "*"} & set(endpoint["enabled_events"])
        ]
        event = self.put(
            self.blank(
                "event",
                api_version=API_VERSION,
                type=name,
                data=data,
                request=self.cause,
                pending_webhooks=len(listening),
            )
        )
        for endpoint in listening:
            self._database.execute(
                "INSERT INTO deliveries (event, endpoint) VALUES (?, ?)", (event["id"], endpoint["id"])
            )

    def change(self, name: str, item: Object, /, **changes: Any) -> Object:
        """Change an object and tell what it was before, unless nothing is different."""
        before = {key: item.get(key) for key, value in changes.items() if item.get(key) != value}
        item.update(changes)
        self.put(item)
        if before:
            self.emit(name, item, before)
        return item

    def answer(self, key: str) -> tuple[str, int, bytes] | None:
        """What was asked with an idempotency key, and what was answered."""
        found: tuple[str, int, bytes] | None = self._database.execute(
            "SELECT asked, status, body FROM answers WHERE key = ?", (key,)
        ).fetchone()
        return found

    def answered(self, key: str, asked: str, status: int, body: bytes) -> None:
        """Keep an answer for whoever repeats the request."""
        self._database.execute("INSERT INTO answers VALUES (?, ?, ?, ?)", (key, asked, status, body))

    @property
    def database(self) -> sqlite3.Connection:
        """For the deliveries alone."""
        return self._database


def told(item: Any) -> Any:
    """An object without what the stand-in keeps to itself."""
    if isinstance(item, dict):
        return {name: told(value) for name, value in item.items() if not name.startswith("_")}
    return [told(each) for each in item] if isinstance(item, list) else item


@cache
def shapes() -> dict[str, Any]:
    """What an object of each kind says where nothing else has been said of it."""
    loaded: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "shapes.yaml").read_text("utf-8"))
    return loaded
