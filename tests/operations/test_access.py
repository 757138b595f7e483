"""The access table for people, as data, and compared."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import pytest

from operations import access
from operations.errors import OperationError
from provider.schema.access import Cell
from tests.fix_project import Project
from tests.targets import production_of

PROFILES = "table public.profiles"

TABLE = {
    Cell("anon", PROFILES, "SELECT", "other", "id"): "denied",
    Cell("anon", PROFILES, "SELECT", "other", "role"): "denied",
    Cell("user", PROFILES, "SELECT", "own", "id"): "allowed",
    Cell("user", PROFILES, "SELECT", "own", "role"): "allowed",
    Cell("user", PROFILES, "UPDATE", "own", "id"): "denied",
    Cell("user", PROFILES, "UPDATE", "own", "role"): "allowed",
    Cell("admin", PROFILES, "UPDATE", "own", "id"): "allowed",
    Cell("admin", PROFILES, "UPDATE", "own", "role"): "allowed",
    Cell("admin", PROFILES, "UPDATE", "own", "at"): "ignored",
    Cell("user", PROFILES, "DELETE", "own"): "no row",
    Cell("user", "function public.f()", "EXECUTE"): "allowed, updates public.profiles",
    Cell("anon", "function public.f()", "EXECUTE"): "stopped 0A000",
    Cell("anon", "schema public", "USAGE"): "allowed",
}

TOLD = """
function public.f()
  EXECUTE                          user: yes, updates public.profiles
schema public
  USAGE                            anon: yes
table public.profiles
  SELECT own                       user: every column
  UPDATE own                       admin: all but at; user: role
""".strip()


def test_what_nobody_may_do_is_left_out() -> None:
    assert access.told(TABLE) == TOLD


def test_a_table_that_was_dumped_is_read_again(tmp_path: Path) -> None:
    (tmp_path / "table.json").write_text(access.dumped(TABLE), "utf-8")
    assert access.stored(tmp_path / "table.json") == TABLE


@pytest.mark.parametrize("text", ["", "{}", '[["anon"]]', "[1]"])
def test_what_is_no_table_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "table.json").write_text(text, "utf-8")
    with pytest.raises(OperationError, match=r"is no access table .* make one with"):
        access.stored(tmp_path / "table.json")


def test_a_target_is_compared_with_what_was_stored(staging: Project) -> None:
    dumped = staging.operations("access", "--stack", "staging", "--json")
    assert dumped.code == 0, dumped.text
    changed = dumped.out.replace('"USAGE", "", "", "allowed"', '"USAGE", "", "", "denied"', 1)
    assert changed != dumped.out
    (staging.root / "stored.json").write_text(changed, "utf-8")
    run = staging.operations("access", "--stack", "staging", "--against", "stored.json")
    assert run.code == 0, run.text
    first, second = run.out.splitlines()
    assert first == "Cells that differ, stored.json → staging: 1"
    assert second.endswith("/ USAGE: denied → allowed")


def test_a_hosted_project_is_tried_on_by_consent_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    target = production_of("abc", kind="hosted")
    planes = SimpleNamespace(target=target, access=lambda _: TABLE)
    monkeypatch.setattr(access, "stack_config", lambda _: {})
    monkeypatch.setattr(access, "live", lambda _: nullcontext(planes))
    with pytest.raises(OperationError, match=r"^production \(abc, hosted\) is hosted, and to try"):
        access.read("production", hosted=False)
    assert access.read("production", hosted=True) == TABLE
