from pathlib import Path

import pytest

from engine.errors import EngineError
from engine.project import Project, load_project

HEAD = "name: ex\nruntime: python\n"


def project_of(folder: Path, text: str) -> Project:
    (folder / "Pulumi.yaml").write_text(text, encoding="utf-8")
    return load_project(folder)


class TestProject:
    def test_everything_that_is_set_is_read(self, tmp_path: Path) -> None:
        project = project_of(
            tmp_path,
            "name: ex\n"
            "runtime:\n  name: python\n  options:\n    virtualenv: .venv\n"
            "main: program\n"
            "backend:\n  url: file://./state\n"
            "options:\n  refresh: always\n"
            "plugins:\n  providers:\n    - name: eng\n      path: ./provider\n",
        )
        assert project.root == tmp_path
        assert project.file == tmp_path / "Pulumi.yaml"
        assert (project.name, project.main, project.backend_url) == ("ex", "program", "file://./state")
        assert project.runtime_options == {"virtualenv": ".venv"}
        assert project.refresh_always
        assert project.plugin_paths == {"eng": tmp_path / "provider"}

    def test_it_is_found_from_a_folder_below(self, project: Project) -> None:
        below = project.root / "a" / "b"
        below.mkdir(parents=True)
        assert load_project(below) == project

    def test_the_shell_s_path_counts_as_it_does_for_the_cli(
        self, project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        link = tmp_path / "link"
        link.symlink_to(project.root)
        monkeypatch.setenv("PWD", str(link))
        assert load_project(project.root).file == link / "Pulumi.yaml"
        monkeypatch.setenv("PWD", str(tmp_path))
        assert load_project(project.root).file == project.file

    def test_no_project_is_told(self, tmp_path: Path) -> None:
        with pytest.raises(EngineError, match=r"No Pulumi\.yaml was found in .*; change to"):
            load_project(tmp_path)

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("runtime: python\n", r"Pulumi\.yaml: name is missing"),
            ("name: [a]\nruntime: python\n", r"Pulumi\.yaml:1: name is a list; wanted a string"),
            ("name: ex\nruntime: nodejs\n", r"runtime is nodejs; this engine runs python"),
            ("name: ex\n", "runtime is missing"),
            (HEAD + "backend: here\n", r"Pulumi\.yaml:3: backend is 'here'; wanted a mapping"),
            (
                HEAD + "plugins:\n  providers:\n    - name: eng\n",
                r"yaml:5: a provider's name or path is missing",
            ),
            (
                HEAD + "config:\n  eng:region:\n    type: string\n    default: x\n",
                "yaml:5: eng:region is in the",
            ),
            (HEAD + "config:\n  a:\n    type: integer\n    default: x\n", "default 'x'; wanted integer"),
            (HEAD + "config:\n  a:\n    type: float\n", "ex:a is of type float; wanted string"),
            (HEAD + "config:\n  a:\n    type: array\n", "array with items"),
            (HEAD + "config:\n  a:\n    default: 1\n    value: 2\n", "both a default and a value"),
            (HEAD + "config:\n  a:b:c: 1\n", "config key 'a:b:c' is malformed"),
        ],
    )
    def test_a_fault_names_its_place(self, tmp_path: Path, text: str, message: str) -> None:
        with pytest.raises(EngineError, match=message):
            project_of(tmp_path, text)
