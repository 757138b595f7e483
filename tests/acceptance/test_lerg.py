"""The area codes on their way from the simple table to the enhanced one, and back."""

from __future__ import annotations

import psycopg

from sandbox.databases import Target
from tests.fix_project import Project


def test_what_administrators_write_is_not_lost_on_a_fallback(
    production: Project, production_copy: Target
) -> None:
    def lerg(*options: str) -> str:
        run = production.operations("lerg", "--stack", "production", *options)
        assert run.code == 0, run.text
        return run.out

    with psycopg.connect(production_copy.database_url, autocommit=True) as administrator:
        administrator.execute(
            "INSERT INTO public.lerg_codes (npa, state, country) "
            "VALUES ('299', 'NJ', 'US'), ('298', 'ZZ', 'ZZ')"
        )
        administrator.execute("UPDATE public.lerg_codes SET state = 'NY' WHERE npa = '201'")
        counts = "against lerg_codes: 439 same, 10 added, 1 different, 1 carried over, 1 unknown"
        assert lerg().startswith(counts)
        preview = production.pulumi("preview", "--stack", "production").text
        assert counts.replace("lerg_codes", "public.lerg_codes") in preview

        production.walk("production", range(1, 4))
        held = "SELECT count(*), bool_or(npa = '299') FROM public.enhanced_lerg"
        assert administrator.execute(held).fetchone() == (451, True)
        assert "in lerg_codes alone, and lost when it is dropped: 298" in lerg()

        administrator.execute("UPDATE public.enhanced_lerg SET state_province_code = 'CT' WHERE npa = '212'")
        administrator.execute("UPDATE public.enhanced_lerg SET is_active = false WHERE npa = '213'")
        assert "written since: 212 is CT/US; lerg_codes takes it with --merge" in lerg()
        assert lerg("--merge") == "lerg_codes took 1 area codes: 212.\n"
        merged = "SELECT state FROM public.lerg_codes WHERE npa = '212'"
        assert administrator.execute(merged).fetchone() == ("CT",)
        assert "written since" not in lerg("--merge")
        assert "withdrawn since, and still in lerg_codes: 213" in lerg()
