"""The router's process, as a child of the one that serves the stand-ins."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from asyncio.subprocess import Process
from pathlib import Path

from sandbox.edge import deno
from sandbox.errors import SandboxError
from sandbox.layout import PROJECT

SOURCES = Path(__file__).parent
FUNCTIONS = PROJECT / "functions"
START_SECONDS = 20.0


class Router:
    """Serves every project's functions on one port, for as long as this process lives."""

    def __init__(self, folder: Path, apis_url: str, token: str, port: int) -> None:
        self.port = port
        self._folder = folder
        self._environment = {
            "SANDBOX_EDGE_FOLDER": str(folder),
            "SANDBOX_EDGE_APIS": apis_url,
            "SANDBOX_EDGE_TOKEN": token,
            "SANDBOX_EDGE_PORT": str(port),
            "SANDBOX_EDGE_FUNCTIONS": str(FUNCTIONS),
        }
        self._process: Process | None = None

    async def keep(self) -> bool:
        """See that it runs; False where it can't be had."""
        if self._process is not None and self._process.returncode is None:
            return True
        found = deno.find()
        if found is None:
            return False
        try:
            self._process = await self._start(found)
        except OSError as error:
            raise SandboxError(
                f"{found} can't be run: {error.strerror}. Name another Deno in {deno.OVERRIDE}."
            ) from None
        return await self._ready(self._process)

    def end(self) -> None:
        """End it, and with it every function's process: they are of its group."""
        if self._process is not None and self._process.returncode is None:
            os.killpg(self._process.pid, signal.SIGKILL)

    async def _start(self, found: Path) -> Process:
        # What it and the functions print goes where this process' own output does.
        return await asyncio.create_subprocess_exec(
            *(
                str(found),
                "run",
                "--quiet",
                "--no-prompt",
                "--no-lock",
                "--no-check",
                "--no-remote",
                "--no-npm",
            ),
            *("--allow-net=127.0.0.1", "--allow-env", f"--allow-run={found}"),
            f"--allow-read={self._folder},{SOURCES},{FUNCTIONS}",
            str(SOURCES / "router.ts"),
            env={**os.environ, **self._environment, "DENO_NO_UPDATE_CHECK": "1", "NO_COLOR": "1"},
            stdin=asyncio.subprocess.PIPE,
            start_new_session=True,
        )

    async def _ready(self, process: Process) -> bool:
        deadline = time.monotonic() + START_SECONDS
        while process.returncode is None and time.monotonic() < deadline:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", self.port)
            except OSError:
                await asyncio.sleep(0.02)
                continue
            writer.close()
            return True
        self.end()
        return False
