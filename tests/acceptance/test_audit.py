"""Nothing is dropped before the application that would miss it was searched."""

from __future__ import annotations

from sandbox.databases import Target
from tests.acceptance.test_bad_input import told
from tests.acceptance.test_rollout import query
from tests.fix_project import Project

CONSENTED = "voip-accelerator-infra:dropProfileColumns would drop user_agent, signup_method"


def refused(project: Project) -> str:
    run = project.pulumi("up", "--stack", "staging", "--yes", "--skip-preview")
    assert run.code == 1, run.text
    (message,) = told(run.text)
    return message


def test_what_is_dropped_was_searched_for(staging: Project, staging_copy: Target) -> None:
    query(staging_copy, "ALTER TABLE public.profiles ADD COLUMN user_agent text")
    query(staging_copy, "CREATE TABLE public.lerg_codes (id integer PRIMARY KEY, npa char(3))")
    assert refused(staging).startswith(
        f"{CONSENTED}, and no audit tells that the application uses none of it"
    )

    application = staging.root / "application"
    application.mkdir()
    page = application / "page.ts"
    page.write_text("profile.user_agent\n", "utf-8")
    assert staging.operations("audit", "application").code == 0
    assert "speaks of it in 1 places, first page.ts:1; correct them" in refused(staging)

    page.write_text("profile.email\n", "utf-8")
    assert "is not as it was audited" in refused(staging)
    assert query(staging_copy, "SELECT user_agent FROM public.profiles LIMIT 1") == [(None,)]

    assert staging.operations("audit", "application").code == 0
    run = staging.pulumi("up", "--stack", "staging", "--yes", "--skip-preview")
    assert run.code == 0, run.text
    assert query(staging_copy, "SELECT to_regclass('public.lerg_codes')") == [(None,)]

    # Nothing is there to drop, so nobody asks any more.
    (staging.root / "audit.json").unlink()
    run = staging.pulumi("up", "--stack", "staging", "--yes", "--skip-preview")
    assert run.code == 0, run.text
