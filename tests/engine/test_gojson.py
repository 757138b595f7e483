import pytest

from engine import gojson


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.0, "0"),
        (1.0, "1"),
        (-2.5, "-2.5"),
        (1e-6, "0.000001"),
        (1e-7, "1e-7"),
        (1.5e-10, "1.5e-10"),
        (1e20, "100000000000000000000"),
        (2.0**60, "1152921504606847000"),
        (1e21, "1e+21"),
    ],
)
def test_a_number_reads_as_go_writes_it(number: float, text: str) -> None:
    assert gojson.number_text(number) == text
    assert float(text) == number


def test_integral_numbers_become_integers() -> None:
    assert gojson.loads("[1.0, 1e3, 2.5]") == [1, 1000, 2.5]
    assert [type(number) for number in gojson.loads("[1.0, 2.5]")] == [int, float]


def test_only_go_s_own_characters_are_escaped() -> None:
    value = {"b": "<ü\u2028&>", "a": None}
    assert gojson.dumps(value) == '{"b":"<ü\\u2028&>","a":null}'
    assert gojson.escaped(gojson.dumps(value), html_safe=True) == (
        '{"b":"\\u003cü\\u2028\\u0026\\u003e","a":null}'
    )


def test_an_encoder_sorts_as_go_does_with_maps() -> None:
    assert gojson.encoder()({"b": {"z": 1, "y": 2}, "a": []}) == '{"a":[],"b":{"y":2,"z":1}}'
