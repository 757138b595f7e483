"""The commands a user runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.__main__ import STOPPED, main
from sandbox.apis.process import Apis
from sandbox.cluster import Cluster
from sandbox.databases import ENVIRONMENTS, accounts


def test_the_commands_of_a_running_sandbox(
    sandbox_cluster: Cluster, capsys: pytest.CaptureFixture[str]
) -> None:
    root = sandbox_cluster.layout.root
    for command, told in (
        ("start", f"The sandbox runs on 127.0.0.1:{sandbox_cluster.port}\n"),
        ("status", f"The sandbox runs, port {sandbox_cluster.port}\n"),
        ("blank by_hand", "scratch_by_hand is blank, with the project ref by_hand\n"),
        ("copy by_hand second", "scratch_second is a copy of by_hand, with the project ref second\n"),
        (
            "copy staging third --from-seed",
            "scratch_third is a copy of staging, with the project ref third\n",
        ),
        ("drop by_hand", "by_hand is dropped\n"),
        ("drop second", "second is dropped\n"),
        ("drop third", "third is dropped\n"),
    ):
        assert main(command.split(), root) == 0
        assert capsys.readouterr() == (told, "")


def test_urls_are_printed_on_demand(
    sandbox_cluster: Cluster, apis: Apis, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["urls"], sandbox_cluster.layout.root) == 0
    printed = capsys.readouterr().out
    for name, ref in ENVIRONMENTS.items():
        assert f"{name} ({ref})\n  {sandbox_cluster.url('postgres', name)}\n" in printed
        assert f"  {apis.url}, Stripe's key {accounts(sandbox_cluster).key(ref)}\n" in printed
    assert f"  {apis.url}, token {apis.token}\n" in printed


def test_a_mistake_is_one_line_and_no_success(
    sandbox_cluster: Cluster, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["drop", "staging"], sandbox_cluster.layout.root) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err == "error: staging is no scratch database. To have it anew: python -m sandbox reset\n"


def test_where_there_is_no_sandbox(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status"], tmp_path) == STOPPED
    assert main(["stop"], tmp_path) == 0
    assert main(["urls"], tmp_path) == 1
    assert capsys.readouterr() == (
        "There is no sandbox yet: python -m sandbox start\nThe sandbox wasn't running\n",
        "error: The sandbox isn't running. Start it: python -m sandbox start\n",
    )
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cant_be_written_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / ".sandbox").write_text("no folder")
    assert main(["start"], tmp_path) == 1
    assert capsys.readouterr().err.startswith(f"error: {tmp_path}/.sandbox")
