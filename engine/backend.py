"""The CLI's file backend: stacks, their locks, history and backups below one folder, `.pulumi`."""

from __future__ import annotations

import json
import os
import pwd
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from urllib.parse import unquote

from engine import checkpoint, gojson, selection
from engine.errors import EngineError
from engine.files import keep_former, read_text, sweep, write_atomically
from engine.integrity import faults, refuse
from engine.passphrase import Crypter, for_new_secrets, from_salt
from engine.project import Project
from engine.rows import STACK_TYPE, Snapshot
from engine.values import Value

NO_SUCH_STACK = 6
"""The CLI's exit code for a stack that doesn't exist."""

_ORGANIZATION = "organization"
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,100}")


@dataclass(frozen=True)
class StackName:
    """A stack's full name; this backend knows one organization."""

    project: str
    stack: str

    def __str__(self) -> str:
        return f"{_ORGANIZATION}/{self.project}/{self.stack}"


@dataclass
class Stack:
    """A stack loaded from the backend."""

    name: StackName
    snapshot: Snapshot
    crypter: Crypter
    """Of the state's secrets. Verify it before the first change to a target."""
    texts: checkpoint.Texts = field(default_factory=checkpoint.Texts)


@dataclass(frozen=True)
class StackSummary:
    """A stack as lists show it."""

    name: StackName
    last_update: datetime | None
    """None for a stack that was never updated."""
    resource_count: int
    """Providers and the stack's own row included."""
    is_current: bool


@dataclass(frozen=True)
class Update:
    """One finished run, as the history keeps it."""

    kind: str
    """update, refresh, destroy or import."""
    start_time: int
    """Seconds since 1970."""
    end_time: int
    succeeded: bool
    resource_changes: Mapping[str, int] = field(default_factory=dict)
    """Operation to count, for example `{"create": 2, "same": 1}`."""
    config: Mapping[str, Value] = field(default_factory=dict)
    """`StackConfig.as_json()`."""
    message: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)


class FileBackend:
    """The stacks below one folder; nothing is written before the first stack is."""

    def __init__(self, url: str, project: Project) -> None:
        self.url = url
        self._project = project
        self._folder = _folder(url, project) / ".pulumi"
        self._lock_id = os.urandom(16).hex()
        self._held: Path | None = None
        _require_layout(self._folder / "meta.yaml")

    def stacks(self, *, all_projects: bool = False) -> list[StackSummary]:
        """The project's stacks, or all, in the order of their names."""
        pattern = "*/*.json" if all_projects else f"{self._project.name}/*.json"
        current = self.selected()
        names = sorted(
            (StackName(path.parent.name, path.stem) for path in (self._folder / "stacks").glob(pattern)),
            key=str,
        )
        return [self.summary(name, is_current=name == current) for name in names]

    def name(self, text: str) -> StackName:
        """A stack's name from `stack`, `organization/stack` or `organization/project/stack`."""
        match text.split("/"):
            case [stack]:
                name = StackName(self._project.name, stack)
            case ["organization", stack]:
                name = StackName(self._project.name, stack)
            case ["organization", project, stack]:
                name = StackName(project, stack)
            case _:
                raise EngineError(
                    f"{text!r} is not a stack's name; wanted <stack> or organization/<project>/<stack>."
                )
        if not _NAME.fullmatch(name.stack) or not _NAME.fullmatch(name.project):
            raise EngineError(
                f"{text!r} is no stack's name; wanted 1 to 100 letters, digits, hyphens, underscores or dots."
            )
        return name

    def create(self, name: StackName, crypter: Crypter) -> Stack:
        """An empty stack whose secrets the crypter keeps; EngineError when there is one of that name."""
        with self.lock(name):
            if self._state(name).exists():
                raise EngineError(f"The stack {name} exists already; select it by `pulumi stack select`.")
            self._write_meta()
            stack = Stack(name, Snapshot(), crypter)
            self.save(stack, stack.snapshot)
        return stack

    def remove(self, name: StackName, *, force: bool = False) -> None:
        """Delete a stack and its history, keeping the last state as `.bak`; refuses one with resources."""
        with self.lock(name):
            state = self._state(name)
            if not state.exists():
                raise self._missing(name)
            count = sum(row.get("type") != STACK_TYPE for row in _latest(state).get("resources") or [])
            if count and not force:
                raise EngineError(
                    f"The stack {name} still has {count} resources; run `pulumi destroy`, or add --force."
                )
            state.replace(_former(state))
            _attributes(state).unlink(missing_ok=True)
            for path in self._history(name).glob("*"):
                path.unlink()
        if self.selected() == name:
            self.select(None)

    def load(self, name: StackName, config_salt: str = "") -> Stack:
        """A stack's state; its secrets keep their own salt, and get the config's where they have none.

        Raises EngineError, with exit code 6 when the stack doesn't exist.
        """
        path = self._state(name)
        snapshot, crypter = checkpoint.decode(self._read(name), str(path))
        if crypter is None:
            crypter = from_salt(config_salt) if config_salt else for_new_secrets()
        return Stack(name, snapshot, crypter)

    def save(self, stack: Stack, snapshot: Snapshot) -> None:
        """Write a state, keeping the one before as `.bak`; one that isn't sound is written, then refused."""
        self.saving(stack, snapshot)()

    def saving(self, stack: Stack, snapshot: Snapshot) -> Callable[[], None]:
        """Take a state down as it is now; what writes it may be called in another thread."""
        path = self._state(stack.name)
        content = checkpoint.encode(str(stack.name), snapshot, stack.crypter, stack.texts).encode()
        fault = next(faults(snapshot), None)

        def write() -> None:
            try:
                keep_former(path, _former(path))
                write_atomically(path, content)
            except OSError as error:
                raise EngineError(
                    f"{path}: the state can't be written: {error}; mend that, and run again."
                ) from None
            stack.snapshot = snapshot
            refuse(fault, str(path))

        return write

    @contextmanager
    def lock(self, name: StackName) -> Iterator[None]:
        """Hold the stack's lock; raises EngineError when someone else does."""
        own = self._locks(name) / f"{self._lock_id}.json"
        self._require_unlocked(name)
        write_atomically(own, gojson.dumps(_lock_content()).encode())
        self._held = own
        try:
            # Whoever writes a lock between our look and our write looks again, too: both then give way.
            self._require_unlocked(name)
            self._sweep(name)
            yield
        finally:
            self.release()

    def release(self) -> None:
        """Give up the lock that is held, if any, for a process that ends at once."""
        if self._held is not None:
            self._held.unlink(missing_ok=True)
            self._held = None

    def cancel(self, name: StackName) -> int:
        """Delete all locks of a stack, whoever holds them; returns how many there were."""
        locks = self._foreign_locks(name)
        for path in locks:
            _delete(path)
        sweep(self._locks(name) / "*")
        return len(locks)

    def record(self, name: StackName, update: Update) -> None:
        """Add a run to the history, and the state it left to history and backups."""
        state = self._state(name)
        now = time.time_ns()
        entry = self._history(name) / f"{name.stack}-{now}"
        write_atomically(_beside(entry, ".history.json"), gojson.dumps(_update_json(update)).encode())
        content = state.read_bytes()
        write_atomically(_beside(entry, ".checkpoint.json"), content)
        write_atomically(self._backups(name) / f"{name.stack}.{now}.json", content)

    def history(self, name: StackName) -> list[dict[str, Value]]:
        """The stack's runs as the CLI's JSON has them, the last first."""
        paths = sorted(self._history(name).glob("*.history.json"), reverse=True)
        return [_json(path) for path in paths]

    def selected(self) -> StackName | None:
        """The stack PULUMI_STACK names, or the one selected for this project and backend."""
        text = os.environ.get("PULUMI_STACK") or selection.selected(self._project, self.url)
        return self.name(text) if text else None

    def select(self, name: StackName | None) -> None:
        """Make a stack the one that commands are about; none, to forget it."""
        if name is not None and not self._state(name).exists():
            raise self._missing(name)
        selection.select(self._project, self.url, str(name) if name else "")

    def summary(self, name: StackName, *, is_current: bool = False) -> StackSummary:
        """A stack as lists show it."""
        latest = _latest(self._state(name))
        text = (latest.get("manifest") or {}).get("time")
        rows = latest.get("resources") or []
        return StackSummary(name, _time(text) if text else None, len(rows), is_current)

    def _read(self, name: StackName) -> str:
        path = self._state(name)
        for compressed in (_beside(path, ".gz"), _beside(path, ".zst")):
            if compressed.exists():
                raise EngineError(
                    f"{compressed}: a compressed state can't be read here; use the Pulumi CLI for it."
                )
        try:
            return read_text(path)
        except FileNotFoundError:
            raise self._missing(name) from None

    def _missing(self, name: StackName) -> EngineError:
        return EngineError(
            f"There is no stack {name} in {self.url}; `pulumi stack ls` lists them, "
            f"`pulumi stack init {name.stack}` makes it.",
            NO_SUCH_STACK,
        )

    def _require_unlocked(self, name: StackName) -> None:
        locks = [path for path in self._foreign_locks(name) if path.stem != self._lock_id]
        if locks:
            raise EngineError(
                f"The stack {name.stack} is locked by {'; by '.join(map(_holder, locks))}. "
                "Wait for that run to end; if it is no longer there, run `pulumi cancel`."
            )

    def _sweep(self, name: StackName) -> None:
        """Whoever holds the lock is alone, so that what is half written was left by a kill."""
        state = self._state(name)
        for path in (state, _former(state), self._history(name) / "*", self._backups(name) / "*"):
            sweep(path)

    def _foreign_locks(self, name: StackName) -> list[Path]:
        return sorted(self._locks(name).glob("[!.]*.json"))

    def _write_meta(self) -> None:
        path = self._folder / "meta.yaml"
        if not path.exists():
            write_atomically(path, b"version: 1\n")

    def _state(self, name: StackName) -> Path:
        return self._folder / "stacks" / name.project / f"{name.stack}.json"

    def _history(self, name: StackName) -> Path:
        return self._folder / "history" / name.project / name.stack

    def _backups(self, name: StackName) -> Path:
        return self._folder / "backups" / name.project / name.stack

    def _locks(self, name: StackName) -> Path:
        return self._folder / "locks" / _ORGANIZATION / name.project / name.stack


def open_backend(project: Project) -> FileBackend:
    """The backend PULUMI_BACKEND_URL names, or the project's own."""
    url = os.environ.get("PULUMI_BACKEND_URL") or project.backend_url
    if not url:
        raise EngineError(
            f"{project.file} names no backend; set backend.url there, or PULUMI_BACKEND_URL, to file://<folder>."
        )
    return FileBackend(url, project)


def _folder(url: str, project: Project) -> Path:
    """The folder of a `file://` URL; the project's own is relative to the project, another to the shell."""
    if not url.startswith("file://"):
        raise EngineError(
            f"The backend {url} isn't a folder; wanted file://<folder>: use the Pulumi CLI for this one."
        )
    path = Path(unquote(url.removeprefix("file://").partition("?")[0]))
    base = project.root if url == project.backend_url else Path.cwd()
    return (base / path.expanduser()).absolute()


def _require_layout(meta: Path) -> None:
    if meta.exists() and (text := read_text(meta).strip()) != "version: 1":
        raise EngineError(
            f"{meta}: the backend's layout is {text!r}; wanted 'version: 1': use the Pulumi CLI."
        )


def _delete(path: Path) -> None:
    path.unlink(missing_ok=True)
    _attributes(path).unlink(missing_ok=True)


def _attributes(path: Path) -> Path:
    """What the CLI notes of a file that it wrote; it is ignored where it no longer fits."""
    return _beside(path, ".attrs")


def _former(state: Path) -> Path:
    return _beside(state, ".bak")


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def _lock_content() -> dict[str, Value]:
    return {
        "pid": os.getpid(),
        "username": _username(),
        "hostname": os.uname().nodename,
        "timestamp": datetime.now().astimezone().isoformat(),
    }


def _username() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())  # a container's user needs no entry in the password file


def _holder(lock: Path) -> str:
    content = _json(lock)
    return (
        f"process {content.get('pid')} of {content.get('username')} on {content.get('hostname')} "
        f"since {content.get('timestamp')}"
    )


def _latest(state: Path) -> dict[str, Value]:
    """A state's deployment as it stands in the file, for what needs neither passphrase nor soundness."""
    checkpoint_json = _json(state).get("checkpoint") or {}
    return checkpoint_json.get("latest") or {}


def _json(path: Path) -> dict[str, Value]:
    try:
        content: dict[str, Value] = json.loads(read_text(path))
    except json.JSONDecodeError as error:
        raise EngineError(
            f"{path}:{error.lineno}: this is not JSON ({error.msg}); restore or delete it."
        ) from None
    return content


def _time(text: str) -> datetime:
    # Go writes nanoseconds, of which Python reads no more than six digits.
    return datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text))


def _update_json(update: Update) -> dict[str, Value]:
    content = {
        "kind": update.kind,
        "startTime": update.start_time,
        "message": update.message,
        "environment": dict(update.environment),
        "config": dict(update.config),
        "version": 0,
        "result": "succeeded" if update.succeeded else "failed",
        "endTime": update.end_time,
    }
    changes = dict(sorted(update.resource_changes.items()))
    return content | ({"resourceChanges": changes} if changes else {})
