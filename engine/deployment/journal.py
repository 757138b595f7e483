"""The state while a run changes it: always a whole, valid snapshot, saved around every step."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

from engine.rows import PendingOperation, Row, Snapshot
from engine.urns import reference, reference_id, reference_urn

Save = Callable[[Snapshot], Callable[[], None]]
"""Takes a snapshot down as it is now, and returns what writes it, which may be called in another thread."""


class Journal:
    """Rows finished in this run, in the order of their completion, then the base's rows that it left alone.

    That order keeps the state valid at any moment: a registration is finished only after everything it needs.
    Operations that begin or end while a state is being written share the next one. `save` is None for a
    preview, which writes nothing.
    """

    def __init__(self, base: Snapshot, save: Save | None) -> None:
        self._save = save
        self._base = list(base.rows)
        self._done: set[int] = set()
        self._new: list[Row] = []
        self._renamed: dict[str, str] = {}
        self._begun: list[PendingOperation] = []
        self._left = [operation for operation in base.pending_operations if operation.kind == "creating"]
        """What an earlier run may have made without saying so; told until a refresh is told to forget it."""
        self._dirty = False
        self._waiting: list[asyncio.Future[None]] = []
        self._writer: asyncio.Task[None] | None = None

    async def begin(self, row: Row, kind: str) -> PendingOperation:
        """Record that an operation has begun; when this returns, a state says so, and it may do something."""
        operation = PendingOperation(replace(row), kind)
        self._begun.append(operation)
        await self._written()
        return operation

    async def end(self, operation: PendingOperation) -> None:
        """Record that it has ended, together with the rows that it made."""
        self._begun = [begun for begun in self._begun if begun is not operation]
        await self._written()

    def put(self, row: Row, old: Row | None = None) -> None:
        """Add a finished row; `old` is the base row it stands for."""
        if old is not None:
            self.drop(old)
            if old.urn != row.urn:
                self._renamed[old.urn] = row.urn
        self._new.append(row)
        self._dirty = True

    def drop(self, row: Row) -> None:
        """Take a row out, whether of the base or of this run."""
        self._done.add(id(row))
        self._dirty = True

    def touch(self) -> None:
        """A row that is already here got other values."""
        self._dirty = True

    async def flush(self) -> None:
        """Write what finished without an operation of its own."""
        if self._dirty:
            await self._written()

    async def _written(self) -> None:
        """Wait for a state that was taken down from now on."""
        if self._save is None:
            return
        written = asyncio.get_running_loop().create_future()
        self._waiting.append(written)
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write(self._save))
        await written

    async def _write(self, save: Save) -> None:
        while self._waiting:
            await asyncio.sleep(0)  # whoever else is ready joins
            waiting, self._waiting = self._waiting, []
            try:
                write = save(self.snapshot())
                self._dirty = False
                await asyncio.to_thread(write)
            except BaseException as error:  # noqa: BLE001  told to everyone who waits
                for written in waiting:
                    written.set_exception(error)
            else:
                for written in waiting:
                    written.set_result(None)

    def snapshot(self) -> Snapshot:
        rows = [row for row in self._new if id(row) not in self._done]
        rows += [row for row in self._base if id(row) not in self._done]
        return Snapshot([self._with_new_names(row) for row in rows], [*self._begun, *self._left])

    def _with_new_names(self, row: Row) -> Row:
        """References to a resource that was renamed by an alias follow it."""
        if not self._renamed:
            return row
        name = self._renamed.get
        provider = row.provider
        if provider:
            urn = reference_urn(provider)
            provider = reference(name(urn, urn), reference_id(provider))
        return replace(
            row,
            parent=name(row.parent, row.parent),
            dependencies=[name(urn, urn) for urn in row.dependencies],
            property_dependencies={
                key: [name(urn, urn) for urn in urns] for key, urns in row.property_dependencies.items()
            },
            deleted_with=name(row.deleted_with, row.deleted_with),
            provider=provider,
        )
