"""The state around steps: on the disk before an operation begins, and shared by those that begin together."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from engine.deployment.journal import Journal
from engine.rows import Row, Snapshot

A, B = (Row(f"urn:pulumi:dev::p::t:m:T::{name}", True, "t:m:T") for name in "ab")


class Disk:
    """What was written, each state as the names of its rows and of its pending operations."""

    def __init__(self, fail: bool = False) -> None:
        self.states: list[tuple[list[str], list[str]]] = []
        self._fail = fail

    def save(self, snapshot: Snapshot) -> Callable[[], None]:
        names = [row.urn[-1] for row in snapshot.rows]
        pending = [operation.row.urn[-1] for operation in snapshot.pending_operations]

        def write() -> None:
            if self._fail:
                raise OSError("no space left")
            self.states.append((names, pending))

        return write


def test_an_operation_begins_and_ends_on_the_disk() -> None:
    disk = Disk()

    async def run() -> None:
        journal = Journal(Snapshot(), disk.save)
        operation = await journal.begin(A, "creating")
        assert disk.states == [([], ["a"])]
        journal.put(A)
        await journal.end(operation)
        await journal.flush()

    asyncio.run(run())
    assert disk.states == [([], ["a"]), (["a"], [])]


def test_what_finished_without_an_operation_is_flushed() -> None:
    disk = Disk()

    async def run() -> None:
        journal = Journal(Snapshot([A]), disk.save)
        journal.put(B, A)
        await journal.flush()
        await journal.flush()

    asyncio.run(run())
    assert disk.states == [(["b"], [])]


def test_operations_that_begin_at_once_share_a_state() -> None:
    disk = Disk()

    async def run() -> None:
        journal = Journal(Snapshot(), disk.save)
        operations = await asyncio.gather(*(journal.begin(row, "creating") for row in (A, B)))
        await asyncio.gather(*(journal.end(operation) for operation in operations))

    asyncio.run(run())
    assert disk.states == [([], ["a", "b"]), ([], [])]


def test_a_state_that_can_t_be_written_is_told_to_all_who_wait() -> None:
    async def run() -> None:
        journal = Journal(Snapshot(), Disk(fail=True).save)
        results = await asyncio.gather(
            *(journal.begin(row, "creating") for row in (A, B)), return_exceptions=True
        )
        assert [str(result) for result in results] == ["no space left"] * 2
        with pytest.raises(OSError, match="no space left"):
            await journal.begin(A, "creating")

    asyncio.run(run())


def test_a_preview_writes_nothing() -> None:
    async def run() -> None:
        journal = Journal(Snapshot(), None)
        await journal.end(await journal.begin(A, "creating"))
        await journal.flush()

    asyncio.run(run())
