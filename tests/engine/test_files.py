from pathlib import Path

import pytest

from engine.errors import EngineError
from engine.files import keep_former, read_text, sweep, write_atomically


def test_a_file_keeps_its_permissions_and_a_link_its_target(tmp_path: Path) -> None:
    file, link = tmp_path / "file", tmp_path / "link"
    file.write_bytes(b"old")
    file.chmod(0o640)
    link.symlink_to(file)
    write_atomically(link, b"new")
    assert link.is_symlink()
    assert file.read_bytes() == b"new"
    assert file.stat().st_mode & 0o777 == 0o640


def test_the_folder_is_made(tmp_path: Path) -> None:
    write_atomically(tmp_path / "a" / "b", b"new")
    assert (tmp_path / "a" / "b").read_bytes() == b"new"


def test_a_failed_write_leaves_the_old_file_and_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"old")

    def fail(_: int) -> None:
        raise OSError("no space left")

    monkeypatch.setattr("engine.files.os.fsync", fail)
    with pytest.raises(OSError, match="no space left"):
        write_atomically(file, b"new")
    assert file.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [file]


def test_a_former_state_of_a_file_is_kept(tmp_path: Path) -> None:
    file, former = tmp_path / "file", tmp_path / "file.bak"
    keep_former(file, former)
    assert not former.exists()
    for content in (b"1", b"2", b"3"):
        keep_former(file, former)
        write_atomically(file, content)
    assert (file.read_bytes(), former.read_bytes()) == (b"3", b"2")
    keep_former(file, former)
    keep_former(file, former)
    assert former.read_bytes() == b"3"
    assert sorted(tmp_path.iterdir()) == [file, former]


def test_where_there_are_no_links_it_is_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr("engine.files.os.link", fail)
    file, former = tmp_path / "file", tmp_path / "file.bak"
    file.write_bytes(b"1")
    keep_former(file, former)
    write_atomically(file, b"2")
    assert (file.read_bytes(), former.read_bytes()) == (b"2", b"1")


def test_what_a_kill_left_half_written_is_swept(tmp_path: Path) -> None:
    file = tmp_path / "dev.json"
    left, others = (
        tmp_path / ".dev.json.0123456789abcdef.tmp",
        tmp_path / ".dev.json.json.0123456789abcdef.tmp",
    )
    left.touch()
    others.touch()
    sweep(file)
    assert list(tmp_path.iterdir()) == [others]


def test_what_can_t_be_read_is_told_in_words(tmp_path: Path) -> None:
    folder, latin = tmp_path / "folder", tmp_path / "latin"
    folder.mkdir()
    latin.write_bytes("prüfen".encode("latin-1"))
    with pytest.raises(EngineError, match=r"folder can't be read: Is a directory; check"):
        read_text(folder)
    with pytest.raises(
        EngineError, match=r"latin can't be read: it is not UTF-8 text \(byte 2 is 0xfc\); restore it"
    ):
        read_text(latin)
    with pytest.raises(FileNotFoundError):
        read_text(tmp_path / "nothing")
