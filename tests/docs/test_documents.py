"""Documents that are made of data: the committed ones are current, and wrong data makes none."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from operations.__main__ import main
from operations.documents import write_documents
from operations.errors import OperationError
from operations.pages import FOLDER


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for source in (*FOLDER.glob("*.yaml"), *FOLDER.glob("*.jinja"), FOLDER / "openapi.json"):
        shutil.copy(source, tmp_path)
    return tmp_path


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def test_the_committed_documents_are_current(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["documents", "--check"]) == 0, capsys.readouterr().err


def test_only_what_is_stale_is_written(folder: Path) -> None:
    assert write_documents(folder, check=False) == "Wrote migrations.md, contradictions.md, functions.md."
    (folder / "contradictions.md").write_text("stale", "utf-8")
    assert write_documents(folder, check=False) == "Wrote contradictions.md."
    assert write_documents(folder, check=False) == "The generated documents are up to date."
    for name in ("migrations.md", "contradictions.md", "functions.md"):
        assert (folder / name).read_text("utf-8") == (FOLDER / name).read_text("utf-8")


def test_a_check_refuses_and_writes_nothing(folder: Path) -> None:
    write_documents(folder, check=False)
    (folder / "migrations.md").write_text("stale", "utf-8")
    with pytest.raises(OperationError, match=r"^migrations\.md is not what its data gives; run `python -m"):
        write_documents(folder, check=True)
    assert (folder / "migrations.md").read_text("utf-8") == "stale"


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("migrations.yaml", "fate: folded", "fate: lost", "Invalid enum value 'lost'"),
        ("migrations.yaml", "fate: folded", "fates: folded", "unknown field `fates`"),
        ("migrations.yaml", "Rows::public.enhanced_lerg", "Rows::public.lerg", "Rows::public.lerg is not"),
        ("contradictions.yaml", '"2.1"', '"2.1.1"', "matching regex"),
        ("contradictions.yaml", "- id: ", "- id: [", "contradictions.yaml: "),
        ("contradictions.yaml", "#TABLE_COMMENT", "#TABLE_REMARK", "does not hold 'TABLE_REMARK'"),
        ("openapi.json", '"paths": {', '"paths": ', "openapi.json: .*; make it with `make documents`"),
    ],
)
def test_wrong_data_makes_no_document(folder: Path, file: str, old: str, new: str, message: str) -> None:
    replace(folder / file, old, new)
    with pytest.raises(OperationError, match=message):
        write_documents(folder, check=False)
    assert not list(folder.glob("*.md"))
