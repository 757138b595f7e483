"""Builds the NPA (area code) reference data: python -m sql.data.build_npa

Writes `enhanced_lerg.csv` and `production_missing_npas.txt` beside this file. README.md tells where each
number comes from.
"""

import csv
import io
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from datetime import date
from functools import cache
from importlib.metadata import version
from pathlib import Path
from re import fullmatch

import phonenumbers
import pycountry
from phonenumbers.geodata import GEOCODE_DATA
from phonenumbers.tzdata import TIMEZONE_DATA

DIRECTORY = Path(__file__).parent
TABLE = DIRECTORY / "enhanced_lerg.csv"
MISSING = DIRECTORY / "production_missing_npas.txt"
CORRECTIONS = DIRECTORY / "nanpa_corrections.csv"

# The day of staging's last migration: 450 geographic NPAs were in service then, which is staging's count.
AS_OF = date(2025, 10, 5)
NANPA_FILE_DATE = date(2026, 9, 14)
DOCUMENTED_AS_MISSING = "438"

NANP = 1
US_PACIFIC = {"AS", "GU", "MP"}
US_CARIBBEAN = {"PR", "VI"}

# Where the geocoder's label isn't the ISO 3166-2 name; the last is the package's misspelling.
LABEL_TO_ISO_NAME = {
    "Washington State": "Washington",
    "Washington D.C.": "District of Columbia",
    "British Colombia": "British Columbia",
}

MISSING_HEADER = """\
# The ten NPAs that the stand-in for production's lerg_codes lacks: 450 less these are its 440.
# Only 438 is documented as missing there; which nine others are is known once production is asked.
# Rule: 438, and the NPAs of enhanced_lerg.csv that only NANPA names, so that the stand-in is what
# a table filled from a library holds. Written by build_npa.py.
"""


@dataclass(frozen=True)
class Row:
    """One NPA as `enhanced_lerg` holds it, and the source that vouches for it."""

    npa: str
    country_code: str
    country_name: str
    state_province_code: str
    state_province_name: str
    region: str
    notes: str
    source: str


@dataclass(frozen=True)
class Correction:
    """What NANPA's NPA database says of an NPA that phonenumbers lacks, or knows before it is in service."""

    npa: str
    subdivision_code: str
    in_service: date
    planning_letter: str


def rows() -> list[Row]:
    """Every geographic NPA in service on `AS_OF`, in order of its digits."""
    corrections = read_corrections()
    packaged = [packaged_row(npa) for npa in packaged_npas() - corrections.keys()]
    corrected = [nanpa_row(corrections[npa]) for npa in corrected_npas(corrections)]
    return sorted(packaged + corrected, key=lambda row: row.npa)


def corrected_npas(corrections: dict[str, Correction]) -> set[str]:
    """The corrections in service on `AS_OF`."""
    return {npa for npa, correction in corrections.items() if correction.in_service <= AS_OF}


def read_corrections() -> dict[str, Correction]:
    with CORRECTIONS.open(encoding="utf-8", newline="") as file:
        return {
            line["npa"]: Correction(
                line["npa"],
                line["subdivision_code"],
                date.fromisoformat(line["in_service"]),
                line["planning_letter"],
            )
            for line in csv.DictReader(file)
        }


def packaged_npas() -> set[str]:
    """The geographic NPAs of phonenumbers; neither its geocoding nor its time zones name them all."""
    prefixes = (*GEOCODE_DATA, *TIMEZONE_DATA)
    return {prefix[1:4] for prefix in prefixes if prefix.startswith(str(NANP)) and len(prefix) >= 4}


def packaged_row(npa: str) -> Row:
    source = f"phonenumbers {version('phonenumbers')}, pycountry {version('pycountry')}"
    if (territory := territory_of(npa)) is not None:
        return territory_row(npa, territory, source)
    code, *others = subdivisions_of(npa)
    served = " and ".join(f"{subdivisions()[other][1]} ({other})" for other in others)
    return subdivision_row(npa, code, f"Also serves {served}." if served else "", source)


def nanpa_row(correction: Correction) -> Row:
    source = (
        f"NANPA NPA database of {NANPA_FILE_DATE} (planning letter {correction.planning_letter}),"
        f" pycountry {version('pycountry')}"
    )
    notes = f"In service since {correction.in_service}."
    return subdivision_row(correction.npa, correction.subdivision_code, notes, source)


def subdivision_row(npa: str, code: str, notes: str, source: str) -> Row:
    country_code, name = subdivisions()[code]
    return Row(npa, country_code, country_name(country_code), code, name, country_code, notes, source)


def territory_row(npa: str, code: str, source: str) -> Row:
    """Outside the US and Canada the country's own code and name stand for the subdivision's."""
    name = country_name(code)
    region = "Pacific" if code in US_PACIFIC else "Caribbean"
    return Row(npa, code, name, code, name, region, territory_notes(code), source)


def territory_notes(code: str) -> str:
    if code in US_PACIFIC | US_CARIBBEAN:
        return "US territory, under its own ISO 3166-1 code."
    if code == "BM":
        return "In the Atlantic; Caribbean because it was split from 809 as the islands there were."
    return ""


def territory_of(npa: str) -> str | None:
    """The ISO 3166-1 code of a country that has NPAs to itself; None for the US and Canada."""
    for region in phonenumbers.COUNTRY_CODE_TO_REGION_CODE[NANP]:
        metadata = phonenumbers.PhoneMetadata.metadata_for_region(region)
        if metadata is not None and metadata.leading_digits and fullmatch(metadata.leading_digits, npa):
            return region
    return None


def subdivisions_of(npa: str) -> list[str]:
    """Codes of the states or provinces that the NPA serves, the geocoder's first one first."""
    prefix = f"{NANP}{npa}"
    whole = GEOCODE_DATA.get(prefix)
    labels = [whole] if whole else [label for key, label in GEOCODE_DATA.items() if key.startswith(prefix)]
    return list(dict.fromkeys(code for label in labels for code in codes_in(label["en"])))


def codes_in(label: str) -> Iterator[str]:
    """The subdivision codes in a label such as "Houston, TX", "Texas" or "Northwest Territories/Yukon"."""
    _, comma, code = label.rpartition(", ")
    if comma:
        yield code
        return
    by_name = {name: code for code, (_, name) in subdivisions().items()}
    for name in label.split("/"):
        yield by_name[LABEL_TO_ISO_NAME.get(name, name)]


@cache
def subdivisions() -> dict[str, tuple[str, str]]:
    """Two-letter code to country code and name, for the US and Canada (whose codes are disjoint)."""
    return {
        subdivision.code.partition("-")[2]: (subdivision.country_code, subdivision.name)
        for subdivision in pycountry.subdivisions
        if subdivision.country_code in {"US", "CA"}
    }


def country_name(code: str) -> str:
    name: str = pycountry.countries.lookup(code).name
    return name


def table_text(table: list[Row]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, [field.name for field in fields(Row)], lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(row) for row in table)
    return text.getvalue()


def missing_text() -> str:
    missing = corrected_npas(read_corrections()) | {DOCUMENTED_AS_MISSING}
    return MISSING_HEADER + "".join(f"{npa}\n" for npa in sorted(missing))


def main() -> None:
    TABLE.write_text(table_text(rows()), encoding="utf-8", newline="")
    MISSING.write_text(missing_text(), encoding="utf-8", newline="")


if __name__ == "__main__":
    main()
