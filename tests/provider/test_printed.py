"""The lock file of printings."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from provider.errors import PropertyError, ProviderError
from provider.printed import AsDeclared, Printed

KEY = "voip:postgres:Policy::public.t/p"
FIRST = "((a)::text = ANY ((ARRAY['x'::character varying])::text[]))"
LAST = "((a)::text = ANY (ARRAY[('x'::character varying)::text]))"


@pytest.fixture
def printed() -> Printed:
    texts = {
        f"{KEY}#using": {"a IN ('x')": FIRST, FIRST: LAST, "true": "true"},
        f"{KEY}#check": {"b>0": "(b > 0)", "b > 0": "(b > 0)"},
    }
    return Printed(texts, "sql/printed.json")


@pytest.mark.parametrize("text", ["a IN ('x')", FIRST, LAST])
def test_the_text_that_prints_as_itself_stands_for_all_that_lead_to_it(printed: Printed, text: str) -> None:
    assert printed(KEY, "using", text) == LAST
    assert printed.live(KEY, "using", text) == LAST


def test_objects_are_made_from_what_was_declared(printed: Printed) -> None:
    assert printed.source(KEY, "using", LAST) == "a IN ('x')"
    assert printed.source(KEY, "using", "true") == "true"
    assert printed(KEY, "check", printed.source(KEY, "check", "(b > 0)")) == "(b > 0)"


def test_a_live_text_that_is_not_known_stands_for_itself(printed: Printed) -> None:
    assert printed.live(KEY, "using", "(by = 'hand')") == "(by = 'hand')"
    assert printed.source(KEY, "using", "(by = 'hand')") == "(by = 'hand')"
    assert printed.live("voip:postgres:Policy::public.t/other", "using", "a IN ('x')") == "a IN ('x')"


@pytest.mark.parametrize(("key", "path"), [(KEY, "check"), (KEY + "2", "using")])
def test_a_text_is_known_for_its_own_property_alone(printed: Printed, key: str, path: str) -> None:
    with pytest.raises(PropertyError) as raised:
        printed(key, path, "a IN ('x')")
    assert raised.value.path == path
    assert str(raised.value) == (
        "the printed form of this text is not in sql/printed.json; run `make printed` and commit it"
    )


def test_the_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "printed.json"
    path.write_text(json.dumps({f"{KEY}#using": {"größe>0": '("größe" > 0)'}}, ensure_ascii=False), "utf-8")
    assert Printed.load(path)(KEY, "using", "größe>0") == '("größe" > 0)'


def test_a_missing_file_tells_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(ProviderError, match=r"printed\.json is missing; restore it .*`make printed`"):
        Printed.load(tmp_path / "printed.json")


@pytest.mark.parametrize("text", ["", "{", "\xff", "[1, 2]", '{"a": 1}'])
def test_a_damaged_file_tells_how_to_make_it_anew(tmp_path: Path, text: str) -> None:
    path = tmp_path / "printed.json"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(ProviderError, match="`make printed`"):
        Printed.load(path)


def test_while_the_file_is_made_each_text_is_its_own_printing() -> None:
    spell = AsDeclared()
    assert (
        spell(KEY, "using", "a=1")
        == spell.live(KEY, "using", "a=1")
        == spell.source(KEY, "using", "a=1")
        == "a=1"
    )
