"""The router's process and those that it starts: ended together, back after a fault, limited in time."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from sandbox.apis import process, seeds
from sandbox.apis.process import Apis
from sandbox.apis.projects import Projects
from sandbox.edge.router import Router
from sandbox.errors import SandboxError
from sandbox.layout import Layout

REF = "abcdefghijklmnopqrst"
OWN_NUMBER = "Deno.serve(() => new Response(crypto.randomUUID()));"
WITHOUT_END = "Deno.serve((r) => { while (r.url.includes('?')); return new Response('an end'); });"


@pytest.fixture
def layout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Layout]:
    """A project folder whose stand-ins the test may harm, with a second for each request."""
    monkeypatch.setenv("SANDBOX_FUNCTION_SECONDS", "1")
    layout = Layout(tmp_path / "a project's folder")
    layout.directory.mkdir(parents=True)
    Projects(layout).write(seeds.blank(REF))
    yield layout
    process.stop(layout)


def deploy(apis: Apis, slug: str, code: str) -> None:
    answer = httpx.post(
        f"{apis.url}/v1/projects/{REF}/functions/deploy?slug={slug}",
        headers={"authorization": f"Bearer {apis.token}"},
        data={"metadata": json.dumps({"entrypoint_path": "index.ts", "verify_jwt": False})},
        files={"file": ("index.ts", code.encode())},
        trust_env=False,
    )
    assert answer.status_code == 201


def ask(apis: Apis, path: str) -> httpx.Response:
    return httpx.get(f"{apis.api_url(REF)}/functions/v1/{path}", trust_env=False, timeout=30)


def processes(layout: Layout) -> dict[int, str]:
    """The Deno processes of a project, by their command."""
    listed = subprocess.run(["ps", "-ww", "-eo", "pid=,command="], capture_output=True, text=True, check=True)
    rows = (line.split(None, 1) for line in listed.stdout.splitlines())
    return {int(pid): command for pid, command in rows if str(layout.apis) in command and "deno" in command}


def awaited(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def router(layout: Layout) -> int:
    (found,) = [pid for pid, command in processes(layout).items() if command.endswith("router.ts")]
    return found


def test_all_of_it_ends_with_the_sandbox(layout: Layout) -> None:
    apis = process.start(layout)
    deploy(apis, "hello", OWN_NUMBER)
    assert ask(apis, "hello").status_code == 200
    assert len(processes(layout)) == 2
    process.stop(layout)
    awaited(lambda: not processes(layout))


def test_all_of_it_ends_with_a_killed_sandbox(layout: Layout) -> None:
    apis = process.start(layout)
    deploy(apis, "hello", OWN_NUMBER)
    ask(apis, "hello")
    os.kill(int(json.loads((layout.apis / "server.json").read_text())["pid"]), signal.SIGKILL)
    awaited(lambda: not processes(layout))


def test_a_killed_router_comes_back_where_it_was(layout: Layout) -> None:
    apis = process.start(layout)
    deploy(apis, "hello", OWN_NUMBER)
    ask(apis, "hello")
    before = processes(layout)
    os.kill(router(layout), signal.SIGKILL)
    awaited(lambda: len(processes(layout)) == 1 and not before.keys() & processes(layout).keys())

    def answers() -> bool:
        try:
            return ask(apis, "hello").status_code == 200
        except httpx.ConnectError:
            return False

    awaited(answers)


def test_a_killed_function_is_started_again(layout: Layout) -> None:
    apis = process.start(layout)
    deploy(apis, "hello", OWN_NUMBER)
    ask(apis, "hello")
    (function,) = processes(layout).keys() - {router(layout)}
    os.kill(function, signal.SIGKILL)
    awaited(lambda: function not in processes(layout))
    assert ask(apis, "hello").status_code == 200


def test_a_function_without_end_is_ended(layout: Layout) -> None:
    apis = process.start(layout)
    deploy(apis, "hello", OWN_NUMBER)
    deploy(apis, "endless", WITHOUT_END)
    answer = ask(apis, "endless?")
    assert (answer.status_code, answer.json()["code"]) == (546, "WORKER_LIMIT")
    assert ask(apis, "endless").text == "an end"
    assert ask(apis, "hello").status_code == 200


def test_without_a_deno_there_is_no_router(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sandbox.edge.deno.find", lambda: None)
    assert asyncio.run(Router(layout.apis, "http://127.0.0.1:1", "token", 1).keep()) is False
    assert Apis(1, "token", None).api_url(REF) == ""


def test_what_is_no_deno_is_told(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDBOX_DENO", "/no/such/deno")
    with pytest.raises(SandboxError, match="/no/such/deno can't be run: No such file or directory"):
        process.start(layout)


def test_another_deno_takes_over_at_the_next_start(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    first = process.start(layout)
    assert process.complete(layout) == first
    monkeypatch.setattr("sandbox.edge.deno.find", lambda: Path("/another/deno"))
    assert process.complete(layout) is None
    assert process.running(layout) == first
