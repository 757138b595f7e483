"""The stand-ins' process: killed, its port taken, its records stale, its project copied or gone."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from sandbox.apis import process, seeds
from sandbox.apis.process import Apis
from sandbox.apis.projects import Projects
from sandbox.errors import SandboxError
from sandbox.layout import Layout

STARTER = """
import sys, pathlib
from sandbox.apis import process
from sandbox.layout import Layout
process.start(Layout(pathlib.Path(sys.argv[1])))
"""


@pytest.fixture
def layout(tmp_path: Path) -> Iterator[Layout]:
    """A project folder without a sandbox."""
    layout = Layout(tmp_path / "a project's folder")
    layout.directory.mkdir(parents=True)
    yield layout
    process.stop(layout)


def pid(layout: Layout) -> int:
    return int(json.loads((layout.apis / "server.json").read_text())["pid"])


def answers(apis: Apis) -> bool:
    headers = {"authorization": f"Bearer {apis.token}"}
    return httpx.get(f"{apis.url}/v1/projects", headers=headers, trust_env=False).status_code == 200


def listens(port: int, host: str = "127.0.0.1") -> bool:
    with socket.socket() as probe:
        probe.settimeout(2)
        return probe.connect_ex((host, port)) == 0


def outward() -> str:
    """This machine's address as others know it; nothing is sent to find it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return "127.0.0.1"
        return str(probe.getsockname()[0])


def kill(layout: Layout) -> None:
    os.kill(pid(layout), signal.SIGKILL)
    while process.running(layout):
        time.sleep(0.001)


def test_a_second_start_finds_the_first_ones_process(layout: Layout) -> None:
    first = process.start(layout)
    before = pid(layout)
    assert process.start(layout) == first == process.running(layout)
    assert pid(layout) == before
    assert answers(first)


def test_it_outlives_its_command_and_listens_on_loopback_alone(layout: Layout) -> None:
    subprocess.run(
        [sys.executable, "-c", STARTER, str(layout.root)], check=True, capture_output=True, timeout=60
    )
    up = process.running(layout)
    assert up
    assert os.getsid(pid(layout)) != os.getsid(0)
    assert answers(up)
    assert outward() == "127.0.0.1" or not listens(up.port, outward())


def test_stop_keeps_port_token_and_projects(layout: Layout) -> None:
    before = process.start(layout)
    Projects(layout).write(seeds.blank("kept"))
    assert process.stop(layout)
    assert not process.stop(layout)
    assert process.running(layout) is None
    assert process.start(layout) == before
    assert list(Projects(layout).refs()) == ["kept"]


def test_stop_does_not_wait_for_an_answer_that_never_comes(layout: Layout) -> None:
    up = process.start(layout)
    Projects(layout).write(seeds.blank("slow"))
    headers = {"authorization": f"Bearer {up.token}"}
    with httpx.Client(base_url=up.url, headers=headers, trust_env=False) as client:
        client.put("/sandbox/slow/faults", json={"faults": [{"kind": "timeout"}]})
        with pytest.raises(httpx.ReadTimeout):
            client.get("/v1/projects/slow", timeout=0.1)
        assert process.stop(layout)


def test_a_killed_process_is_started_again(layout: Layout) -> None:
    process.start(layout)
    kill(layout)
    assert answers(process.start(layout))


@pytest.mark.parametrize("stale", ['{"pid": OWN, "port": 1}', "no json", "{}", "[]"])
def test_a_stale_record_is_no_obstacle(layout: Layout, stale: str) -> None:
    process.start(layout)
    kill(layout)
    (layout.apis / "server.json").write_text(stale.replace("OWN", str(os.getpid())))
    assert process.running(layout) is None
    assert not process.stop(layout)
    assert answers(process.start(layout))


def test_a_taken_port_is_left_for_a_free_one(layout: Layout) -> None:
    before = process.start(layout)
    process.stop(layout)
    with socket.create_server(("127.0.0.1", before.port)):
        after = process.start(layout)
        assert after.port != before.port
        assert answers(after)
    process.stop(layout)
    assert process.start(layout).port == after.port


def test_a_copied_project_has_a_process_of_its_own(layout: Layout, tmp_path: Path) -> None:
    original = process.start(layout)
    copy = Layout(tmp_path / "copy")
    shutil.copytree(layout.root, copy.root)
    assert process.running(copy) is None
    try:
        assert process.start(copy).port != original.port
        assert process.running(layout) == original
    finally:
        process.stop(copy)


def test_it_ends_with_its_projects_folder(layout: Layout) -> None:
    up = process.start(layout)
    shutil.rmtree(layout.root)
    deadline = time.monotonic() + 30
    while listens(up.port):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_what_is_secret_is_the_owners_alone(layout: Layout) -> None:
    up = process.start(layout)
    Projects(layout).write(seeds.blank("mine"))
    files = [layout.apis / "token", layout.apis / "server.json", layout.apis / "projects" / "mine.json"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert up.token not in repr(up)
    listed = subprocess.run(
        ["ps", "-ww", "-o", "command=", "-p", str(pid(layout))], capture_output=True, text=True, check=True
    )
    assert str(layout.root) in listed.stdout
    assert up.token not in listed.stdout


def test_a_start_that_fails_says_why(layout: Layout) -> None:
    process.start(layout)
    process.stop(layout)
    (layout.apis / "server.json").unlink()
    (layout.apis / "server.json").mkdir()
    with pytest.raises(SandboxError, match=r"The sandbox's APIs didn't start: .*server\.json.* Their log: "):
        process.start(layout)
