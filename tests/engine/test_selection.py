import hashlib
import json
from pathlib import Path

import pytest

from engine import selection
from engine.errors import EngineError
from engine.project import Project

URL = "file://./state"


def file_of(project: Project, home: Path) -> Path:
    digest = hashlib.sha1(str(project.root / "Pulumi.yaml").encode(), usedforsecurity=False).hexdigest()
    return home / "workspaces" / f"ex-{digest}-workspace.json"


def test_a_selection_is_written_as_the_cli_writes_it(project: Project, tmp_path: Path) -> None:
    assert selection.selected(project, URL) == ""
    selection.select(project, URL, "organization/ex/dev")
    assert file_of(project, tmp_path / "home").read_text(encoding="utf-8") == (
        '{\n    "stacks": {\n        "file://./state": "organization/ex/dev"\n    }\n}'
    )
    assert selection.selected(project, URL) == "organization/ex/dev"


def test_each_backend_has_its_own(project: Project, tmp_path: Path) -> None:
    selection.select(project, URL, "organization/ex/dev")
    selection.select(project, "file://~", "organization/ex/other")
    assert selection.selected(project, URL) == "organization/ex/dev"
    selection.select(project, URL, "")
    assert selection.selected(project, URL) == ""
    assert selection.selected(project, "file://~") == "organization/ex/other"
    selection.select(project, "file://~", "")
    assert not file_of(project, tmp_path / "home").exists()


def test_what_an_old_cli_selected_counts_until_there_is_a_new_selection(
    project: Project, tmp_path: Path
) -> None:
    file = file_of(project, tmp_path / "home")
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({"stack": "old"}), encoding="utf-8")
    assert selection.selected(project, URL) == "old"
    selection.select(project, URL, "organization/ex/dev")
    assert selection.selected(project, URL) == "organization/ex/dev"


def test_a_damaged_file_is_named(project: Project, tmp_path: Path) -> None:
    file = file_of(project, tmp_path / "home")
    file.parent.mkdir(parents=True)
    file.write_text("{", encoding="utf-8")
    with pytest.raises(EngineError, match=r"workspace\.json:1: the selected stack can't be read"):
        selection.selected(project, URL)
