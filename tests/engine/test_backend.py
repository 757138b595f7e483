import json
import os
import shutil
from pathlib import Path

import pytest

from engine import urns
from engine.backend import NO_SUCH_STACK, FileBackend, Stack, StackName, Update, open_backend
from engine.errors import EngineError
from engine.passphrase import for_new_secrets
from engine.project import Project
from engine.rows import STACK_TYPE, Row, Snapshot
from engine.values import Secret

DEV = StackName("ex", "dev")
ROOT = Row("urn:pulumi:dev::ex::pulumi:pulumi:Stack::ex-dev", False, STACK_TYPE)
COMPONENT = Row("urn:pulumi:dev::ex::eng:c:Comp::c", False, "eng:c:Comp", parent=ROOT.urn)


@pytest.fixture
def backend(project: Project) -> FileBackend:
    return open_backend(project)


@pytest.fixture
def folder(project: Project) -> Path:
    return project.root / "state" / ".pulumi"


@pytest.fixture
def dev(backend: FileBackend) -> Stack:
    return backend.create(DEV, for_new_secrets())


class TestNames:
    @pytest.mark.parametrize(
        ("text", "name"),
        [
            ("dev", StackName("ex", "dev")),
            ("organization/dev", StackName("ex", "dev")),
            ("organization/other/dev-1.2_3", StackName("other", "dev-1.2_3")),
        ],
    )
    def test_a_name_is_read_in_each_form(self, backend: FileBackend, text: str, name: StackName) -> None:
        assert backend.name(text) == name
        assert backend.name(str(name)) == name

    @pytest.mark.parametrize(
        "text", ["", "a b", "acme/dev", "organization/a/b/c", "../dev", "organization//dev", "x" * 101]
    )
    def test_another_text_is_none(self, backend: FileBackend, text: str) -> None:
        with pytest.raises(EngineError, match="wanted"):
            backend.name(text)


class TestWhere:
    def test_the_project_s_url_is_relative_to_the_project(
        self, project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.chdir(tmp_path)
        open_backend(project).create(DEV, for_new_secrets())
        assert (project.root / "state/.pulumi/stacks/ex/dev.json").exists()

    def test_another_url_is_relative_to_the_shell(
        self, project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("PULUMI_BACKEND_URL", "file://./else%20where?no_tmp_dir=true")
        open_backend(project).create(DEV, for_new_secrets())
        assert (tmp_path / "else where/.pulumi/stacks/ex/dev.json").exists()

    def test_home_is_known(self, project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setenv("HOME", str(tmp_path))
        FileBackend("file://~", project).create(DEV, for_new_secrets())
        assert (tmp_path / ".pulumi/stacks/ex/dev.json").exists()

    def test_another_kind_of_backend_is_refused(self, project: Project) -> None:
        with pytest.raises(EngineError, match=r"s3://x isn't a folder; wanted file://"):
            FileBackend("s3://x", project)

    def test_no_backend_is_told(self, tmp_path: Path) -> None:
        with pytest.raises(EngineError, match=r"Pulumi\.yaml names no backend; set backend\.url"):
            open_backend(Project(tmp_path, tmp_path / "Pulumi.yaml", "ex"))

    def test_another_layout_is_refused(self, project: Project, folder: Path) -> None:
        folder.mkdir(parents=True)
        (folder / "meta.yaml").write_text("version: 2\n", encoding="utf-8")
        with pytest.raises(EngineError, match=r"meta\.yaml: the backend's layout is 'version: 2'"):
            open_backend(project)


class TestStacks:
    def test_looking_writes_nothing(self, backend: FileBackend, project: Project) -> None:
        assert backend.stacks() == []
        with pytest.raises(EngineError, match="There is no stack organization/ex/dev") as caught:
            backend.load(DEV)
        assert caught.value.exit_code == NO_SUCH_STACK
        assert not (project.root / "state").exists()

    def test_a_new_stack_is_empty_and_listed(self, backend: FileBackend, dev: Stack, folder: Path) -> None:
        assert backend.load(DEV).snapshot == dev.snapshot == Snapshot()
        assert (folder / "meta.yaml").read_text(encoding="utf-8") == "version: 1\n"
        [summary] = backend.stacks()
        assert (summary.name, summary.resource_count, summary.is_current) == (DEV, 0, False)

    def test_only_the_project_s_stacks_are_listed(self, backend: FileBackend, dev: Stack) -> None:
        other = StackName("other", "dev")
        backend.create(other, for_new_secrets())
        assert [summary.name for summary in backend.stacks()] == [dev.name]
        assert [summary.name for summary in backend.stacks(all_projects=True)] == [dev.name, other]

    def test_a_second_one_of_the_name_is_refused(self, backend: FileBackend, dev: Stack) -> None:
        with pytest.raises(EngineError, match="exists already"):
            backend.create(dev.name, for_new_secrets())

    def test_a_stack_of_the_cli_s_is_loaded(
        self, backend: FileBackend, folder: Path, cli_files: Path, passphrase: str
    ) -> None:
        assert passphrase
        state = folder / "stacks/ex/dev.json"
        state.parent.mkdir(parents=True)
        shutil.copy(cli_files / "state.json", state)
        loaded = backend.load(DEV)
        assert [urns.name_of(row.urn) for row in loaded.snapshot.rows] == ["ex-dev", "c", "default", "a", "b"]
        [summary] = backend.stacks()
        assert summary.resource_count == 5
        assert summary.last_update is not None
        assert summary.last_update.isoformat() == "2026-11-22T23:49:50.599594+00:00"

    def test_a_compressed_state_is_refused(self, backend: FileBackend, folder: Path) -> None:
        (folder / "stacks/ex").mkdir(parents=True)
        (folder / "stacks/ex/dev.json.gz").write_bytes(b"")
        with pytest.raises(EngineError, match=r"dev\.json\.gz: a compressed state can't be read"):
            backend.load(DEV)


class TestSaving:
    def test_the_state_before_is_kept_beside(self, backend: FileBackend, dev: Stack, folder: Path) -> None:
        backend.save(dev, Snapshot([ROOT]))
        backend.save(dev, Snapshot([ROOT, COMPONENT]))
        assert backend.load(DEV).snapshot == dev.snapshot == Snapshot([ROOT, COMPONENT])
        before = json.loads((folder / "stacks/ex/dev.json.bak").read_text(encoding="utf-8"))
        assert len(before["checkpoint"]["latest"]["resources"]) == 1

    def test_a_state_that_can_t_be_written_is_told(
        self, backend: FileBackend, dev: Stack, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(_: int) -> None:
            raise OSError("no space left")

        before = (folder / "stacks" / "ex" / "dev.json").read_bytes()
        monkeypatch.setattr("engine.files.os.fsync", fail)
        with pytest.raises(EngineError, match="the state can't be written: no space left"):
            backend.save(dev, Snapshot([ROOT]))
        assert (folder / "stacks" / "ex" / "dev.json").read_bytes() == before

    def test_an_unsound_state_is_written_and_told(
        self, backend: FileBackend, dev: Stack, folder: Path
    ) -> None:
        with pytest.raises(EngineError, match=r"dev\.json: the state isn't sound"):
            backend.save(dev, Snapshot([COMPONENT]))
        assert COMPONENT.urn in (folder / "stacks/ex/dev.json").read_text(encoding="utf-8")

    @pytest.mark.usefixtures("passphrase")
    def test_a_state_keeps_its_salt_whatever_the_config_s(
        self, backend: FileBackend, dev: Stack, folder: Path
    ) -> None:
        row = Row(ROOT.urn, False, STACK_TYPE, outputs={"pw": Secret("not-base-64")})
        backend.save(dev, Snapshot([row]))
        other = for_new_secrets()
        other.verify()
        loaded = backend.load(DEV, other.salt)
        assert loaded.crypter.salt == dev.crypter.salt != other.salt
        assert loaded.snapshot.rows == [row]
        assert "not-base-64" not in (folder / "stacks/ex/dev.json").read_text(encoding="utf-8")

    @pytest.mark.usefixtures("passphrase")
    def test_a_state_without_a_salt_takes_the_config_s(self, backend: FileBackend, dev: Stack) -> None:
        config = for_new_secrets()
        config.verify()
        assert backend.load(dev.name, config.salt).crypter.salt == config.salt


class TestLocks:
    def test_a_lock_is_the_cli_s_and_goes_at_the_end(
        self, backend: FileBackend, dev: Stack, folder: Path
    ) -> None:
        locks = folder / "locks/organization/ex/dev"
        with backend.lock(dev.name):
            [lock] = locks.iterdir()
            content = json.loads(lock.read_text(encoding="utf-8"))
            assert list(content) == ["pid", "username", "hostname", "timestamp"]
            assert content["pid"] == os.getpid()
        assert list(locks.iterdir()) == []

    def test_another_s_lock_is_respected_until_it_is_cancelled(
        self, backend: FileBackend, dev: Stack, project: Project, folder: Path
    ) -> None:
        other = open_backend(project)
        with backend.lock(dev.name):
            with pytest.raises(EngineError, match=rf"dev is locked by process {os.getpid()} of .* since"):
                other.lock(dev.name).__enter__()
            assert len(list((folder / "locks/organization/ex/dev").iterdir())) == 1
            assert other.cancel(dev.name) == 1
            with other.lock(dev.name):
                pass
        assert other.cancel(dev.name) == 0

    def test_two_that_lock_at_once_both_give_way(
        self, backend: FileBackend, dev: Stack, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from engine import backend as module

        locks = folder / "locks/organization/ex/dev"
        content = {"pid": 1, "username": "u", "hostname": "h", "timestamp": "t"}

        def write_while_another_does(path: Path, data: bytes) -> None:
            path.parent.mkdir(parents=True, exist_ok=True)
            (locks / "other.json").write_text(json.dumps(content), encoding="utf-8")
            path.write_bytes(data)

        monkeypatch.setattr(module, "write_atomically", write_while_another_does)
        with pytest.raises(EngineError, match="locked by process 1 of u on h since t"):
            backend.lock(dev.name).__enter__()
        assert [path.name for path in locks.iterdir()] == ["other.json"]

    def test_the_cli_s_notes_of_a_lock_are_none(self, backend: FileBackend, dev: Stack, folder: Path) -> None:
        locks = folder / "locks/organization/ex/dev"
        locks.mkdir(parents=True, exist_ok=True)
        (locks / "gone.json.attrs").write_text("{}", encoding="utf-8")
        with backend.lock(dev.name):
            pass

    def test_whoever_locks_sweeps_what_a_kill_left(
        self, backend: FileBackend, dev: Stack, folder: Path
    ) -> None:
        mark = "0123456789abcdef.tmp"
        left = [
            folder / "stacks" / "ex" / f".dev.json.{mark}",
            folder / "history" / "ex" / "dev" / f".dev-1.checkpoint.json.{mark}",
            folder / "backups" / "ex" / "dev" / f".dev.1.json.{mark}",
        ]
        kept = [
            folder / "stacks" / "ex" / f".dev2.json.{mark}",
            folder / "history" / "ex" / "dev" / "dev-1.checkpoint.json",
        ]
        for path in left + kept:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        with backend.lock(dev.name):
            assert not any(path.exists() for path in left)
        assert all(path.exists() for path in kept)

    def test_who_cancels_sweeps_what_was_to_be_a_lock(
        self, backend: FileBackend, dev: Stack, folder: Path
    ) -> None:
        left = folder / "locks" / "organization" / "ex" / "dev" / ".one.json.0123456789abcdef.tmp"
        left.parent.mkdir(parents=True, exist_ok=True)
        left.touch()
        backend.cancel(dev.name)
        assert not left.exists()

    def test_an_error_inside_lets_go(self, backend: FileBackend, dev: Stack) -> None:
        with pytest.raises(ZeroDivisionError), backend.lock(dev.name):
            raise ZeroDivisionError
        with backend.lock(dev.name):
            pass


class TestHistory:
    def test_a_run_is_recorded_as_the_cli_does(self, backend: FileBackend, dev: Stack, folder: Path) -> None:
        backend.save(dev, Snapshot([ROOT]))
        backend.record(
            dev.name,
            Update("update", 1, 2, True, {"same": 1, "create": 2}, {"ex:level": "3"}, "why", {"a": "b"}),
        )
        assert backend.history(dev.name) == [
            {
                "kind": "update",
                "startTime": 1,
                "message": "why",
                "environment": {"a": "b"},
                "config": {"ex:level": "3"},
                "version": 0,
                "result": "succeeded",
                "endTime": 2,
                "resourceChanges": {"create": 2, "same": 1},
            }
        ]
        state = (folder / "stacks/ex/dev.json").read_bytes()
        [kept] = (folder / "history/ex/dev").glob("dev-*.checkpoint.json")
        [backup] = (folder / "backups/ex/dev").glob("dev.*.json")
        assert kept.read_bytes() == backup.read_bytes() == state

    def test_the_last_run_comes_first(self, backend: FileBackend, dev: Stack) -> None:
        for start in (1, 2):
            backend.record(dev.name, Update("refresh", start, start, start == 1))
        assert [(entry["startTime"], entry["result"]) for entry in backend.history(dev.name)] == [
            (2, "failed"),
            (1, "succeeded"),
        ]


class TestRemoving:
    def test_a_stack_goes_with_its_history_and_leaves_its_last_state(
        self, backend: FileBackend, dev: Stack, folder: Path
    ) -> None:
        backend.save(dev, Snapshot([ROOT]))
        backend.record(dev.name, Update("destroy", 1, 2, True))
        backend.select(dev.name)
        backend.remove(dev.name)
        assert backend.stacks() == []
        assert backend.selected() is None
        assert backend.history(dev.name) == []
        assert ROOT.urn in (folder / "stacks/ex/dev.json.bak").read_text(encoding="utf-8")

    def test_a_stack_with_resources_goes_by_force_alone(self, backend: FileBackend, dev: Stack) -> None:
        backend.save(dev, Snapshot([ROOT, COMPONENT]))
        with pytest.raises(EngineError, match="still has 1 resources; run `pulumi destroy`, or add --force"):
            backend.remove(dev.name)
        backend.remove(dev.name, force=True)
        assert backend.stacks() == []

    def test_a_stack_that_is_not_there_is_told(self, backend: FileBackend) -> None:
        with pytest.raises(EngineError, match="There is no stack"):
            backend.remove(DEV)


class TestSelecting:
    def test_a_selected_stack_is_the_current_one(self, backend: FileBackend, dev: Stack) -> None:
        assert backend.selected() is None
        backend.select(dev.name)
        assert backend.selected() == dev.name
        assert [summary.is_current for summary in backend.stacks()] == [True]

    def test_the_environment_goes_first(
        self, backend: FileBackend, dev: Stack, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        backend.select(dev.name)
        monkeypatch.setenv("PULUMI_STACK", "other")
        assert backend.selected() == StackName("ex", "other")

    def test_a_stack_that_is_not_there_can_t_be_selected(self, backend: FileBackend) -> None:
        with pytest.raises(EngineError, match="There is no stack"):
            backend.select(DEV)
