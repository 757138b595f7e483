import pytest

from engine.errors import EngineError
from engine.integrity import faults, verify
from engine.rows import STACK_TYPE, Row, Snapshot

ROOT = "urn:pulumi:dev::ex::pulumi:pulumi:Stack::ex-dev"
PROVIDER = "urn:pulumi:dev::ex::pulumi:providers:eng::default"
A = "urn:pulumi:dev::ex::eng:x:Thing::a"
B = "urn:pulumi:dev::ex::eng:x:Thing::b"


def root() -> Row:
    return Row(ROOT, False, STACK_TYPE)


def provider() -> Row:
    return Row(PROVIDER, True, "pulumi:providers:eng", id="p")


def thing(urn: str, **fields: object) -> Row:
    row = Row(urn, True, "eng:x:Thing", id="i", parent=ROOT, provider=f"{PROVIDER}::p")
    for name, value in fields.items():
        assert hasattr(row, name)
        setattr(row, name, value)
    return row


SOUND = {
    "in order": [root(), provider(), thing(A), thing(B, dependencies=[A])],
    "replaced": [root(), provider(), thing(A), thing(A, delete=True)],
    "replaced twice": [root(), provider(), thing(A, delete=True), thing(A), thing(A, delete=True)],
    "deleted before its provider's replacement": [root(), thing(A, pending_replacement=True)],
}

FAULTY = {
    "parent after": ([thing(A, provider=""), root()], f"parent {ROOT}, which comes after it"),
    "parent missing": ([thing(A, provider="")], f"parent {ROOT}, which is missing"),
    "provider after": ([root(), thing(A), provider()], "provider .* which is not before it"),
    "another provider's ID": (
        [root(), provider(), thing(A, provider=f"{PROVIDER}::other")],
        "provider .*::other, which is not before it",
    ),
    "dependency after": (
        [root(), provider(), thing(B, dependencies=[A]), thing(A)],
        f"dependency {A}, which comes after it",
    ),
    "property's dependency missing": (
        [root(), provider(), thing(B, property_dependencies={"x": [A]})],
        f"dependency {A}, which is missing",
    ),
    "deletedWith missing": ([root(), provider(), thing(B, deleted_with=A)], f"deletedWith resource {A}"),
    "its own dependency": ([root(), provider(), thing(A, dependencies=[A])], "comes after it"),
    "twice": ([root(), provider(), thing(A), thing(A)], f"{A} is there twice"),
    "component with an ID": ([Row(ROOT, False, STACK_TYPE, id="x")], "component with the ID x"),
    "provider without an ID": ([Row(PROVIDER, True, "pulumi:providers:eng")], "has no ID"),
    "without a URN": ([Row("", False, STACK_TYPE)], "row 0 has no URN"),
    "without a type": ([Row(ROOT, False, "")], "has no type"),
}


@pytest.mark.parametrize("rows", SOUND.values(), ids=SOUND)
def test_a_sound_state_has_no_faults(rows: list[Row]) -> None:
    assert list(faults(Snapshot(rows))) == []


@pytest.mark.parametrize(("rows", "message"), FAULTY.values(), ids=FAULTY)
def test_a_fault_is_named(rows: list[Row], message: str) -> None:
    with pytest.raises(EngineError, match=message) as caught:
        verify(Snapshot(rows), "state.json")
    assert str(caught.value).startswith("state.json: the state isn't sound: ")
