"""A rehearsal as a team holds it: from a dump of the real thing, with users at work."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from operations.rehearsal import rehearse, scratch
from sandbox import databases, lifecycle
from sandbox.cluster import Cluster
from sandbox.databases import Target
from tests.fix_project import Project


@pytest.fixture
def cluster(sandbox_cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> Cluster:
    """The run's own sandbox in place of the checkout's."""
    monkeypatch.setattr(lifecycle, "running", lambda: sandbox_cluster)
    return sandbox_cluster


def left_behind(cluster: Cluster) -> list[str]:
    """This process's own copies: others rehearse on the same server at the same time."""
    own = f"rehearsal_{os.getpid()}_"
    return [target.ref for target in databases.targets(cluster) if target.ref.startswith(own)]


def test_two_phases_from_a_dump(
    production: Project, cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    production.set("production", "goal", "2")
    backup = production.operations("backup", "--stack", "production", "--part", "database")
    assert backup.code == 0, backup.text
    (dump,) = (production.root / "backups").glob("production/database/*/*.sql")
    monkeypatch.chdir(production.root)
    told = rehearse.rehearse("production", dump=str(dump), rate=20, to=str(tmp_path))
    assert "phase 2" in told
    assert "phase 3" not in told
    report = json.loads((tmp_path / "rehearsal.json").read_text("utf-8"))
    assert [step["problem"] for step in report["steps"]] == ["", ""]
    assert report["problems"] == {}
    assert report["rows"]["public.profiles"] == 14
    assert report["steps"][1]["rows"]["public.enhanced_lerg"] == 450
    assert report["steps"][1]["rows"]["auth.users"] > 14
    assert {each["kind"] for each in report["calls"]} == {"look up", "read profile", "sign up"}
    assert any("enhanced_lerg" in each["text"] for each in report["slowest"])
    assert "It went well" in (tmp_path / "rehearsal.html").read_text("utf-8")
    assert left_behind(cluster) == []
    assert list((production.root / "backups").glob("production/database/*/*.sql")) == [dump]


def test_what_is_no_dump_is_refused_and_nothing_is_left(
    production: Project, cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(production.root)
    (tmp_path / "empty.sql").write_text("SELECT 1;\n", "utf-8")
    for name, said in (("none.sql", "there is no dump"), ("empty.sql", "public.profiles")):
        with pytest.raises(Exception, match=said):
            rehearse.rehearse("production", dump=str(tmp_path / name), rate=20, to=str(tmp_path))
    assert left_behind(cluster) == []


def test_the_copy_s_config_leads_nowhere_else(production_copy: Target) -> None:
    config = {
        "voip:target": "hosted",
        "voip:databaseUrl": {"secure": "v1:x"},
        "voip:projectRef": "abc",
        "voip:environment": "production",
        "voip-accelerator-infra:phase": "3",
        "voip-accelerator-infra:hardening": True,
    }
    assert scratch._own(config, production_copy) == {
        "voip:projectRef": production_copy.ref,
        "voip:environment": "production",
        "voip-accelerator-infra:hardening": True,
    }
