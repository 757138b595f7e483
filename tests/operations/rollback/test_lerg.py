"""Lookups of area codes fail: the failure is made, seen, and gone for whoever asks the old table again."""

from __future__ import annotations

from operations.lerg import compared
from tests.operations.conftest import Production

NEW = "SELECT npa FROM public.get_npa_info(%s)"
OLD = "SELECT state, country FROM public.lerg_codes WHERE npa = %s"
ADDED = (
    "INSERT INTO public.enhanced_lerg "
    "(npa, country_code, country_name, state_province_code, state_province_name) "
    "VALUES ('001', 'CA', 'Canada', 'QC', 'Quebec')"
)


def test_the_old_table_answers_with_what_was_written_since(production: Production) -> None:
    production.reach(2, 3)
    production.run(ADDED)
    assert production.run(NEW, "201") == [("201",)]
    production.run("UPDATE public.enhanced_lerg SET is_active = false WHERE npa <> '001'")
    assert production.run(NEW, "201") == []
    assert production.run(OLD, "001") == []

    with production.planes() as planes:
        assert compared(planes, merge=True) == "lerg_codes took 1 area codes: 001."
    assert production.run(OLD, "001") == [("QC", "CA")]
    assert production.run(OLD, "201") == [("NJ", "US")]
    assert production.run("SELECT count(*) FROM public.enhanced_lerg") == [(451,)]
