"""The pages of docs/rollback: what they tell to type is there, and brings lost data back."""

from __future__ import annotations

import re

import pytest

from operations.__main__ import parser
from sandbox.databases import Target
from tests.acceptance.test_rollout import query
from tests.fix_project import ROOT, Project, Run
from tests.fix_rollout import ProductionAt

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


def test_lost_data_comes_back(production_at: ProductionAt) -> None:
    production, target = production_at(2)
    assert production.operations("backup", "--stack", "production", "--part", "database").code == 0
    profiles, codes = query(target, PROFILES), query(target, CODES)

    query(target, "DELETE FROM public.enhanced_lerg WHERE npa < '500'")
    query(target, "UPDATE public.enhanced_lerg SET state_province_code = 'XX' WHERE npa > '900'")
    run = ran(production, "area-codes", "overwriteRows")
    assert run.code == 0, run.text
    assert query(target, CODES) == codes

    query(target, "DROP TABLE public.profiles CASCADE")
    run = production.pulumi("up", "--stack", "production", "--yes", "--skip-preview")
    assert run.code == 1, "a target without its landmark was taken for the right one"
    run = ran(production, "profiles", "landmark")
    assert "0.users-preserved" in run.text
    assert query(target, PROFILES) == []
    run = ran(production, "profiles", "stack production  ")
    assert "14 that the table lacks: to be brought back (add --apply)" in run.out
    assert ran(production, "profiles", "--apply  ").code == 0
    assert query(target, PROFILES) == profiles
    production.walk("production", [2])
    production.settled("production")


def test_every_command_reaches_its_target(staging: Project, staging_copy: Target) -> None:
    def said(*words: str) -> str:
        run = staging.operations(*words, "--stack", "staging")
        assert run.code == 0, run.text
        return run.out

    query(staging_copy, "DROP INDEX public.idx_profiles_role")
    query(staging_copy, "DROP POLICY simple_select_policy ON public.profiles")
    run = staging.operations("health", "--stack", "staging")
    assert run.code == 3, run.text
    assert "- missing Index public.idx_profiles_role" in run.out
    assert "failed    stale-sessions: Monitor session creation/cleanup" in run.out

    assert "Lacks Index::public.idx_profiles_role" in said("rollback", "performance")
    assert "Brought back Index::public.idx_profiles_role" in said("rollback", "performance", "--apply")
    assert "Brought back Policy::public.profiles/simple_select_policy" in said("rollback", "lockout")
    assert "is gone; users see their profile" in said("rollback", "lockout", "--end")
    query(staging_copy, "DELETE FROM public.active_sessions")
    query(staging_copy, "UPDATE public.profiles SET current_period_end = now() + interval '1 month'")
    assert "criteria hold." in said("health")
    assert said("aside") == "Nothing was put aside.\n"
    assert said("migrations") == "All 41 migrations are recorded.\n"

    run = staging.operations("rollback", "sign-up", "--stack", "staging")
    assert run.err.startswith("error: the old sign-up fills signup_method, user_agent of public.profiles")
    run = staging.operations("rollback", "functions", "ping-status", "--stack", "staging")
    assert run.err.startswith("error: no backup in backups/staging/functions has files of ping-status")
    run = staging.operations("rollback", "rows", "profiles", "--stack", "staging")
    assert run.err == "error: there is no backup of the database; there are none\n"


@pytest.mark.parametrize("page", sorted(path.stem for path in PAGES.glob("*.md")))
def test_every_command_of_a_page_is_one(page: str) -> None:
    # Commands alone on their line: within a sentence one may be cut short.
    text = (PAGES / f"{page}.md").read_text("utf-8")
    commands = re.findall(r"^python -m operations ([^#\n]+)", text, re.MULTILINE)
    assert commands
    for command in commands:
        assert parser().parse_args(command.split()).stack == "production"
