"""The pages of docs/rollback: what they tell to type is there, and brings lost data back."""

from __future__ import annotations

import re

import pytest

from operations.__main__ import parser
from sandbox.databases import Target
from tests.acceptance.test_rollout import query
from tests.fix_project import ROOT, Project, Run

PAGES = ROOT / "docs" / "rollback"
PROFILES = "SELECT to_jsonb(t) FROM public.profiles AS t ORDER BY id"
CODES = "SELECT npa, country_code, state_province_code, is_active FROM public.enhanced_lerg ORDER BY npa"


def ran(project: Project, page: str, part: str) -> Run:
    """The last of a page's commands that holds a text, run as it stands there."""
    text = (PAGES / f"{page}.md").read_text("utf-8")
    lines = re.findall(r"^((?:python -m operations|pulumi) [^#\n]+)", text, re.MULTILINE)
    (line,) = [each for each in lines if part in each]
    for command in line.split(" && "):
        program, *words = command.removeprefix("python -m ").split()
        unasked = ["--yes", "--skip-preview"] if words[0] == "up" else []
        run: Run = getattr(project, program)(*words, *unasked)
    return run


def test_lost_data_comes_back(production: Project, production_copy: Target) -> None:
    production.walk("production", [1, 2])
    assert production.operations("backup", "--stack", "production", "--part", "database").code == 0
    profiles, codes = query(production_copy, PROFILES), query(production_copy, CODES)

    query(production_copy, "DELETE FROM public.enhanced_lerg WHERE npa < '500'")
    query(production_copy, "UPDATE public.enhanced_lerg SET state_province_code = 'XX' WHERE npa > '900'")
    run = ran(production, "area-codes", "overwriteRows")
    assert run.code == 0, run.text
    assert query(production_copy, CODES) == codes

    query(production_copy, "DROP TABLE public.profiles CASCADE")
    run = production.pulumi("up", "--stack", "production", "--yes", "--skip-preview")
    assert run.code == 1, "a target without its landmark was taken for the right one"
    run = ran(production, "profiles", "landmark")
    assert "0.users-preserved" in run.text
    assert query(production_copy, PROFILES) == []
    run = ran(production, "profiles", "stack production  ")
    assert "14 that the table lacks: to be brought back (add --apply)" in run.out
    assert ran(production, "profiles", "--apply  ").code == 0
    assert query(production_copy, PROFILES) == profiles
    production.walk("production", [2])
    run = production.pulumi("preview", "--stack", "production", "--expect-no-changes")
    assert run.code == 0, run.text


@pytest.mark.parametrize("page", sorted(path.stem for path in PAGES.glob("*.md")))
def test_every_command_of_a_page_is_one(page: str) -> None:
    # Commands alone on their line: within a sentence one may be cut short.
    text = (PAGES / f"{page}.md").read_text("utf-8")
    commands = re.findall(r"^python -m operations ([^#\n]+)", text, re.MULTILINE)
    assert commands
    for command in commands:
        assert parser().parse_args(command.split()).stack == "production"
