"""The report on the area codes, as data."""

from __future__ import annotations

from operations.lerg import Code, Codes, report
from provider.postgres.succession import Succession

NJ: Code = ("NJ", "US")
NY: Code = ("NY", "US")
XX: Code = ("XX", "YY")


def codes(**changed: object) -> Codes:
    held: dict[str, object] = {
        "reference": {"201": NJ, "212": NY, "551": NJ},
        "simple": {"201": NJ, "212": NJ, "609": NJ, "999": XX},
        "enhanced": {},
        "inactive": frozenset(),
    }
    return Codes(**(held | changed))  # type: ignore[arg-type]  # each is given in its own type


FOUND = Succession(added=["551"], same=["201"], different=["212"], carried={"609": {}}, unknown=["999"])


def test_every_disagreement_is_told_before_anything_is_written() -> None:
    assert list(report(codes(), FOUND)) == [
        "against lerg_codes: 1 same, 1 added, 1 different, 1 carried over, 1 unknown",
        "  added by the reference: 551",
        "  different: 212 is NJ/US in lerg_codes, and NY/US in the reference, which holds",
        "  carried over from lerg_codes: 609",
        "  unknown: 999 is XX/YY in lerg_codes alone, and no area code of the reference is there; "
        "add it to sql/data/enhanced_lerg.csv, or correct lerg_codes",
    ]


def test_what_a_fallback_would_lose_is_told() -> None:
    since = codes(
        enhanced={"201": NY, "212": NY, "551": NJ, "609": NJ, "700": NY},
        inactive=frozenset({"609"}),
    )
    assert list(report(since, FOUND))[-4:] == [
        "  written since: 201 is NY/US; lerg_codes takes it with --merge",
        "  written since: 700 is NY/US; lerg_codes takes it with --merge",
        "  withdrawn since, and still in lerg_codes: 609",
        "  in lerg_codes alone, and lost when it is dropped: 999",
    ]


def test_what_both_say_is_not_lost() -> None:
    assert codes(enhanced={"700": NY}, simple={"700": NY}).written == {}


def test_the_reference_is_nobodys_writing() -> None:
    assert codes(enhanced={"551": NJ, "212": NY}).written == {}


def test_staging_has_one_table() -> None:
    assert list(report(codes(simple={}), None)) == ["There is no lerg_codes."]
