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
    pages = ("migrations.md", "contradictions.md", "coverage.md", "functions.md", "benchmarks.md")
    charts = ("gap-seconds.svg", "gap-memory.svg")
    assert write_documents(folder, check=False) == f"Wrote {', '.join((*pages, *charts))}."
    (folder / "contradictions.md").write_text("stale", "utf-8")
    assert write_documents(folder, check=False) == "Wrote contradictions.md."
    assert write_documents(folder, check=False) == "The generated documents are up to date."
    for name in pages:
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
        ("coverage.yaml", "holds: 3", "holds: 4", "coverage 9.1: 3 rows, and the comparison has 4; add"),
        ("coverage.yaml", 'id: "11.2"', 'id: "9.1"', "coverage 9.1: 2 lists have this id"),
        ("coverage.yaml", "check 2.email", "check 2.mail", "coverage 9.1.3: there is no check 2.mail"),
        ("coverage.yaml", "check 2.email", "check 3.nanp", "there is no check 3.nanp"),
        ("coverage.yaml", "::test_a_step_rests", "::test_a_step_lies", "there is no test tests/acceptance"),
        ("coverage.yaml", "test_rollout.py::", "fix_rollout.py::", "there is no test tests/acceptance/fix"),
        ("coverage.yaml", "health lerg-450", "health lerg", "there is no health lerg"),
        ("coverage.yaml", "deno ping-status", "deno pong", "there is no deno pong"),
        ("coverage.yaml", "page docs/rehearsal", "page docs/rehearsed", "there is no page docs/rehearsed"),
        ("coverage.yaml", "check 2.email", "checked 2.email", "matching regex"),
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
