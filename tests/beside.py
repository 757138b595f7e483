"""Something that goes on beside a test."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field


@contextmanager
def beside(work: Callable[[threading.Event], None]) -> Iterator[None]:
    """Do it in a thread of its own, which is told by the event that the block has ended."""
    ended = threading.Event()
    thread = threading.Thread(target=work, args=(ended,))
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


@dataclass
class Processes:
    """Reads the list of processes, as every user of a machine can, again and again."""

    commands: set[str] = field(default_factory=set)

    def watched(self) -> AbstractContextManager[None]:
        return beside(self._watch)

    def _watch(self, ended: threading.Event) -> None:
        while not ended.wait(0.5):
            listed = subprocess.run(["ps", "-axww", "-o", "args="], capture_output=True, check=True)
            self.commands.update(listed.stdout.decode(errors="replace").splitlines())
