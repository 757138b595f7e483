"""Holds the NPA files against the packages they are built from, by another way than the build takes."""

import csv
import re
from collections import Counter
from datetime import date
from importlib.metadata import version

import phonenumbers
import pycountry
import pytest
from phonenumbers import geocoder

from sql.data import build_npa

LINES = build_npa.TABLE.read_text(encoding="utf-8").splitlines()
ROWS = {row["npa"]: row for row in csv.DictReader(LINES)}
CORRECTIONS = build_npa.read_corrections()
FROM_PHONENUMBERS = {npa for npa, row in ROWS.items() if row["source"].startswith("phonenumbers ")}
FROM_NANPA = {npa for npa, row in ROWS.items() if row["source"].startswith("NANPA ")}

# How phonenumbers writes what ISO 3166-2 writes otherwise.
SPELLED_OTHERWISE = {"Washington D.C.": "DC", "British Colombia": "BC"}

# States to ISO 3166-2, countries in this table.
TERRITORIES = {"US-AS", "US-GU", "US-MP", "US-PR", "US-UM", "US-VI"}


def number_in(npa: str) -> phonenumbers.PhoneNumber:
    return phonenumbers.PhoneNumber(country_code=1, national_number=int(f"{npa}2345678"))


def country_in_the_numbering_plan(npa: str) -> str | None:
    """The country that the plan's number patterns give to a geographic NPA; the build reads none of them."""
    number = number_in(npa)
    region = phonenumbers.region_code_for_number(number)
    metadata = phonenumbers.PhoneMetadata.metadata_for_region(region) if region else None
    if metadata is None:
        return None
    geographic = phonenumbers.number_type(number) in {
        phonenumbers.PhoneNumberType.FIXED_LINE,
        phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE,
    }
    return region if metadata.leading_digits or geographic else None


def missing_npas() -> list[str]:
    text = build_npa.MISSING.read_text(encoding="utf-8")
    return [line for line in text.splitlines() if not line.startswith("#")]


def test_the_build_repeats_the_table_to_the_byte() -> None:
    assert build_npa.TABLE.read_bytes() == build_npa.table_text(build_npa.rows()).encode()


def test_the_build_repeats_the_missing_npas_to_the_byte() -> None:
    assert build_npa.MISSING.read_bytes() == build_npa.missing_text().encode()


def test_there_are_450_rows_each_npa_once_and_in_order() -> None:
    npas = [row["npa"] for row in csv.DictReader(LINES)]
    assert len(npas) == 450
    assert npas == sorted(set(npas))


def test_the_header_is_the_tables_columns_and_the_source() -> None:
    assert LINES[0] == (
        "npa,country_code,country_name,state_province_code,state_province_name,region,notes,source"
    )


def test_every_row_satisfies_the_tables_constraints() -> None:
    for row in ROWS.values():
        assert re.fullmatch(r"[2-9][0-8][0-9]", row["npa"]), row
        assert re.fullmatch(r"[A-Z]{2}", row["country_code"]), row
        assert re.fullmatch(r"[A-Z]{2}", row["state_province_code"]), row
        assert 0 < len(row["country_name"]) <= 100, row
        assert 0 < len(row["state_province_name"]) <= 100, row
        assert all(value == value.strip() for value in row.values()), row


@pytest.mark.parametrize(
    ("npa", "expected"),
    [
        ("201", ("US", "United States", "NJ", "New Jersey", "US")),
        ("202", ("US", "United States", "DC", "District of Columbia", "US")),
        ("204", ("CA", "Canada", "MB", "Manitoba", "CA")),
        ("264", ("AI", "Anguilla", "AI", "Anguilla", "Caribbean")),
        ("438", ("CA", "Canada", "QC", "Quebec", "CA")),
        ("441", ("BM", "Bermuda", "BM", "Bermuda", "Caribbean")),
        ("671", ("GU", "Guam", "GU", "Guam", "Pacific")),
        ("787", ("PR", "Puerto Rico", "PR", "Puerto Rico", "Caribbean")),
        ("808", ("US", "United States", "HI", "Hawaii", "US")),
        ("867", ("CA", "Canada", "NT", "Northwest Territories", "CA")),
        ("902", ("CA", "Canada", "NS", "Nova Scotia", "CA")),
        ("924", ("US", "United States", "MN", "Minnesota", "US")),
    ],
)
def test_a_known_npa_is_placed_where_it_is(npa: str, expected: tuple[str, ...]) -> None:
    columns = ("country_code", "country_name", "state_province_code", "state_province_name", "region")
    assert tuple(ROWS[npa][column] for column in columns) == expected


@pytest.mark.parametrize(
    ("npa", "others"), [("782", ["PE"]), ("902", ["PE"]), ("867", ["NU", "YT"])], ids=["782", "902", "867"]
)
def test_an_npa_across_provinces_notes_the_others(npa: str, others: list[str]) -> None:
    assert re.findall(r"\((\w+)\)", ROWS[npa]["notes"]) == others


def test_every_geographic_npa_of_the_numbering_plan_is_a_row_and_no_other() -> None:
    plan = {str(npa) for npa in range(200, 1000) if country_in_the_numbering_plan(str(npa))}
    assert plan - CORRECTIONS.keys() == FROM_PHONENUMBERS


def test_every_country_is_the_numbering_plans() -> None:
    countries = {npa: ROWS[npa]["country_code"] for npa in FROM_PHONENUMBERS}
    assert countries == {npa: country_in_the_numbering_plan(npa) for npa in FROM_PHONENUMBERS}


def test_every_subdivision_is_the_geocoders() -> None:
    for npa in FROM_PHONENUMBERS:
        row, place = ROWS[npa], geocoder.description_for_number(number_in(npa), "en")
        if row["country_code"] in {"US", "CA"}:
            named = row["state_province_name"] in place or place.endswith(f", {row['state_province_code']}")
            assert named or SPELLED_OTHERWISE.get(place) == row["state_province_code"], row


def test_every_country_of_the_plan_has_a_row() -> None:
    countries = {row["country_code"] for row in ROWS.values()}
    assert countries == set(phonenumbers.COUNTRY_CODE_TO_REGION_CODE[1])


def test_every_state_and_province_has_a_row_or_a_note() -> None:
    iso = {
        subdivision.code for subdivision in pycountry.subdivisions if subdivision.country_code in {"US", "CA"}
    }
    rows = {f"{row['country_code']}-{row['state_province_code']}" for row in ROWS.values()}
    assert iso - rows == TERRITORIES | {"CA-NU", "CA-PE", "CA-YT"}


def test_every_name_is_isos() -> None:
    for row in ROWS.values():
        country = pycountry.countries.lookup(row["country_code"])
        assert row["country_name"] == country.name
        if row["country_code"] in {"US", "CA"}:
            code = f"{row['country_code']}-{row['state_province_code']}"
            assert row["state_province_name"] == pycountry.subdivisions.lookup(code).name
        else:
            assert row["state_province_code"] == row["country_code"]
            assert row["state_province_name"] == row["country_name"]


def test_regions_hold_the_countries_they_name() -> None:
    assert Counter(row["region"] for row in ROWS.values()) == {
        "US": 368,
        "CA": 55,
        "Caribbean": 24,
        "Pacific": 3,
    }
    for row in ROWS.values():
        if row["country_code"] in {"US", "CA"}:
            assert row["region"] == row["country_code"]
        else:
            assert (row["region"] == "Pacific") == (row["country_code"] in {"AS", "GU", "MP"})


def test_every_row_names_its_source() -> None:
    packages = f"phonenumbers {version('phonenumbers')}, pycountry {version('pycountry')}"
    assert {ROWS[npa]["source"] for npa in FROM_PHONENUMBERS} == {packages}
    assert {*FROM_PHONENUMBERS, *FROM_NANPA} == ROWS.keys()
    for npa in FROM_NANPA:
        assert f"(planning letter {CORRECTIONS[npa].planning_letter})" in ROWS[npa]["source"]
        assert str(CORRECTIONS[npa].in_service) in ROWS[npa]["notes"]


def test_only_npas_in_service_on_the_day_are_added() -> None:
    assert {npa for npa in CORRECTIONS if CORRECTIONS[npa].in_service <= date(2025, 10, 5)} == FROM_NANPA
    assert ROWS.keys().isdisjoint({"273", "465", "471", "483", "679"})


def test_production_lacks_ten_npas_of_the_table_438_among_them() -> None:
    missing = missing_npas()
    assert len(missing) == 10
    assert missing == sorted(set(missing))
    assert set(missing) == FROM_NANPA | {"438"}
    assert len(ROWS.keys() - set(missing)) == 440
