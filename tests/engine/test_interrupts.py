"""What is left when a run is cut off, and that nothing runs on without its engine."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from engine.children import CHILD
from engine.deployment import program
from tests.engine.lifecycle import Project
from tests.engine.processes import SECONDS, begun, is_running, provider_pid, wait_for

TWO_THINGS = """
a = Thing("a")
b = Thing("b", {"ref": a.id})
Thing("c", {"ref": b.id})
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project(tmp_path, None)
    project.write_program(TWO_THINGS)
    project.write_behaviour({"*": {"sleep": {"create:b": 3}}})
    assert project.run("stack", "init", "dev").code == 0
    return project


def test_an_interrupt_lets_the_running_operation_complete(project: Project) -> None:
    process = project.start("up", "--yes", "--skip-preview")
    wait_for(lambda: begun(project, "Create b"), "the creation of b")
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=SECONDS)
    assert process.returncode == 1
    assert "^C received; cancelling" in output
    assert "Traceback" not in output
    assert begun(project, "Cancel ")
    assert project.calls() == ["Create a", "Create b"]
    assert [row["id"] for row in project.rows()] == ["a-1", "b-1"]
    assert not project.deployment().get("pending_operations")
    assert project.run("up", "--yes", "--skip-preview").calls == ["Create c"]


def test_a_second_interrupt_stops_at_once_and_lets_go_of_the_lock(project: Project) -> None:
    project.write_behaviour({"*": {"sleep": {"create:b": 60}}})
    process = project.start("up", "--yes", "--skip-preview")
    wait_for(lambda: begun(project, "Create b"), "the creation of b")
    process.send_signal(signal.SIGINT)
    wait_for(lambda: begun(project, "Cancel "), "the provider's Cancel")
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=SECONDS)
    assert process.returncode == 1
    assert "Traceback" not in output
    assert project.locks() == []
    wait_for(lambda: not is_running(provider_pid(project)), "the provider's end")
    [pending] = project.deployment()["pending_operations"]
    assert (pending["type"], pending["resource"]["urn"].split("::")[3]) == ("creating", "b")
    project.write_behaviour({})
    project.calls()
    assert project.run("up", "--yes", "--skip-preview").calls == ["Create b", "Create c"]


def test_a_killed_run_leaves_its_lock_and_its_pending_operation(project: Project) -> None:
    process = project.start("up", "--yes", "--skip-preview")
    wait_for(lambda: begun(project, "Create b"), "the creation of b")
    provider = provider_pid(project)
    process.kill()
    process.communicate(timeout=SECONDS)
    wait_for(lambda: not is_running(provider), "the provider's end")

    [pending] = project.deployment()["pending_operations"]
    assert (pending["type"], pending["resource"]["urn"].split("::")[3]) == ("creating", "b")
    blocked = project.run("up", "--yes", "--skip-preview")
    assert blocked.code == 1
    assert "locked by" in blocked.output
    assert project.run("preview").code == 0
    assert project.run("cancel", "--yes").code == 0

    project.write_behaviour({})
    project.calls()
    resumed = project.run("up", "--yes", "--skip-preview")
    assert resumed.code == 0
    assert "1 pending operations" in resumed.output
    assert resumed.calls == ["Create b", "Create c"]
    assert len(project.deployment()["pending_operations"]) == 1
    assert project.run("refresh", "--yes", "--skip-preview", "--clear-pending-creates").code == 0
    assert not project.deployment().get("pending_operations")


def test_nothing_of_a_run_goes_on_after_it(project: Project) -> None:
    project.write_behaviour({})
    process = project.start("preview")
    process.communicate(timeout=SECONDS)
    assert process.returncode == 0
    assert not is_running(provider_pid(project))


def test_what_a_program_leaves_running_does_not_hold_the_run_up(project: Project) -> None:
    project.write_program(
        "import subprocess\n"
        "left = subprocess.Popen(['sleep', '60'])\n"
        "print('left', left.pid)\n"
        "raise pulumi.RunError('enough')\n"
    )
    process = project.start("preview")
    try:
        output, _ = process.communicate(timeout=SECONDS)
    finally:
        process.kill()
    assert process.returncode == 1
    assert "error: enough" in output
    left = int(output.split("left ")[1].split()[0])
    assert is_running(left)
    os.kill(left, signal.SIGKILL)


def test_a_program_ends_by_itself_where_there_is_no_state_to_wait_for(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(program, "EXIT_SECONDS", SECONDS)
    project.write_program(
        "import atexit, pathlib\natexit.register(pathlib.Path('ended').touch)\nThing('a')\n"
    )
    project.state_file.write_text("{")
    assert "not JSON" in project.run("preview").output
    assert (project.folder / "ended").exists()


def test_an_interrupted_delete_leaves_the_rest(project: Project) -> None:
    project.write_behaviour({"*": {"sleep": {"delete:c": 3}}})
    assert project.run("up", "--yes", "--skip-preview").code == 0
    process = project.start("destroy", "--yes", "--skip-preview")
    wait_for(lambda: begun(project, "Delete c"), "the deletion of c")
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=SECONDS)
    assert process.returncode == 1, output
    assert project.calls() == ["Delete c"]
    assert [row["id"] for row in project.rows()] == ["a-1", "b-1"]


def test_a_child_is_ended_where_a_shell_has_interrupts_ignored() -> None:
    def ignore() -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)

    command = [sys.executable, str(CHILD), "provider", "."]
    with subprocess.Popen(command, stdin=subprocess.PIPE, preexec_fn=ignore) as child:
        # The first may come before it listens; a further one must not meet it as it ends.
        while child.poll() is None:
            child.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(1)
    assert child.returncode == 1
