"""The functions of billing, each served by Deno as the platform serves it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx

FUNCTIONS = Path(__file__).resolve().parent.parent.parent / "functions"
DENO = Path(sys.prefix) / "bin" / "deno"
START_SECONDS = 60.0


@contextmanager
def served(slug: str, environment: dict[str, str], log: Path) -> Iterator[str]:
    """One function; gives its URL. What it writes goes to the log."""
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    inherited = {key: os.environ[key] for key in ("PATH", "HOME", "DENO_DIR") if key in os.environ}
    command = [str(DENO), "run", "--no-check", "--frozen", "--no-prompt", "--allow-env", "--allow-read"]
    with (
        log.open("ab") as output,
        subprocess.Popen(
            [*command, "--allow-net=127.0.0.1", f"{slug}/index.ts"],
            cwd=FUNCTIONS,
            env={
                **inherited,
                **environment,
                "DENO_SERVE_ADDRESS": f"tcp:127.0.0.1:{port}",
                "DENO_NO_UPDATE_CHECK": "1",
                "NO_COLOR": "1",
            },
            stdout=output,
            stderr=output,
        ) as process,
    ):
        try:
            url = f"http://127.0.0.1:{port}"
            _await_answer(url, process)
            yield url
        finally:
            process.kill()


def _await_answer(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            httpx.options(url, trust_env=False)
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(f"the function did not start (exit code {process.poll()})")
