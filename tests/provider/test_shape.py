"""Shapes and their wire form."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import inspect

from provider import wire
from provider.schema import postgres
from provider.schema.shape import Shape, identifier, names

TEXT = st.text(st.characters(codec="utf-8"))
PLAIN = {inspect.BoolType: st.booleans(), inspect.NoneType: st.none()}
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)


def shapes() -> Iterator[type[Shape]]:
    for value in vars(postgres).values():
        if isinstance(value, type) and issubclass(value, Shape) and hasattr(value, "token"):
            yield value


def values(kind: inspect.Type) -> st.SearchStrategy[Any]:
    """Any value of a field's type."""
    match kind:
        case inspect.StrType():
            return st.text(st.characters(codec="utf-8"), min_size=kind.min_length or 0)
        case inspect.FloatType():
            return NUMBERS
        case inspect.LiteralType():
            return st.sampled_from(kind.values)
        case inspect.ListType():
            return st.lists(values(kind.item_type), max_size=3)
        case inspect.DictType():
            return st.dictionaries(values(kind.key_type), values(kind.value_type), max_size=3)
        case inspect.UnionType():
            return st.one_of(*map(values, kind.types))
        case inspect.StructType():
            fields = {field.name: values(field.type) for field in kind.fields}
            return st.builds(kind.cls, **fields)
    return PLAIN[type(kind)]


ANY_SHAPE = st.one_of(*(values(inspect.type_info(shape)) for shape in shapes()))


@given(ANY_SHAPE)
def test_a_shape_survives_the_wire(shape: Shape) -> None:
    travelled = wire.plain(wire.struct(shape.wire()))
    assert type(shape).from_wire(travelled) == shape


def leaves(data: Any) -> Iterator[Any]:
    for value in data.values() if isinstance(data, dict) else data if isinstance(data, list) else ():
        yield value
        yield from leaves(value)


@given(ANY_SHAPE)
def test_nothing_is_told_by_its_absence(shape: Shape) -> None:
    # The SDK leaves out what is None, so that one that is no default would arrive as the default.
    assert None not in list(leaves(shape.wire()))


@given(ANY_SHAPE)
def test_defaults_do_not_travel(shape: Shape) -> None:
    fields = {field.encode_name: field for field in msgspec.structs.fields(shape)}
    for name, value in shape.wire().items():
        field = fields[name]
        factory = field.default_factory
        assert value != (field.default if factory is msgspec.NODEFAULT else factory())


@given(ANY_SHAPE)
def test_the_identifier_is_the_same_on_both_sides_of_the_wire(shape: Shape) -> None:
    assert type(shape).from_wire(shape.wire()).id == shape.id


def test_tokens_are_unique() -> None:
    tokens = [shape.token for shape in shapes()]
    assert len(tokens) == len(set(tokens)) > 10


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (["public", "profiles"], "public.profiles"),
        (["public", "user"], "public.user"),
        (["public", "Users"], 'public."Users"'),
        (["my app", "a.b"], '"my app"."a.b"'),
        (["public", 'say "x"'], 'public."say ""x"""'),
        (["public", "größe"], 'public."größe"'),
        (["public", "1st"], 'public."1st"'),
        (["public", "_a1"], "public._a1"),
        (["public", "line\n"], 'public."line\n"'),
        (["public", ""], 'public.""'),
    ],
)
def test_names_are_quoted_where_they_must_be(parts: list[str], expected: str) -> None:
    assert identifier(*parts) == expected


@given(st.lists(TEXT, min_size=1, max_size=3), st.sampled_from(["", "()", '(integer, "a.b"."c d"[])']))
def test_an_identifier_gives_its_names_back(parts: list[str], rest: str) -> None:
    assert names(identifier(*parts) + rest) == (parts, rest)


@given(st.lists(TEXT, min_size=1, max_size=3), st.lists(TEXT, min_size=1, max_size=3))
def test_two_lists_of_names_never_share_an_identifier(one: list[str], other: list[str]) -> None:
    assert (identifier(*one) == identifier(*other)) == (one == other)


def test_an_unknown_field_is_refused_with_its_name() -> None:
    with pytest.raises(msgspec.ValidationError, match="unknown field `usng`"):
        postgres.Policy.from_wire({"table": "t", "name": "p", "usng": "true"})


def test_columns_keep_the_order_in_which_they_were_declared() -> None:
    columns = {"b": postgres.Column(type="text"), "a": postgres.Column(type="text")}
    travelled = wire.plain(wire.struct(postgres.Table(name="t", columns=columns).wire()))
    assert postgres.Table.from_wire(travelled).order == ["b", "a"]


ASKED_BY_MANY = """
import sys
import threading

from provider.schema import postgres, rollout, stripe, supabase

sys.setswitchinterval(1e-6)


def ask(shape):
    together.wait()
    try:
        shape.from_wire({"name": "phase 1", "level": 1, "checks": [], "subject": {}, "back": "x"})
    except ValueError:
        pass


modules = (rollout, supabase, stripe, postgres)
for shape in [each for module in modules for each in vars(module).values() if hasattr(each, "token")]:
    together = threading.Barrier(8)
    threads = [threading.Thread(target=ask, args=(shape,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
"""
RUNS = 12
"""Threads that are not kept apart meet in one run of six."""


def test_many_may_ask_for_a_shape_at_once() -> None:
    for _ in range(RUNS):
        done = subprocess.run(
            [sys.executable, "-c", ASKED_BY_MANY], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
