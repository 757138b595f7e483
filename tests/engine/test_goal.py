from __future__ import annotations

from pathlib import Path

import pytest

from engine.deployment.goal import Goal, from_request
from engine.errors import EngineError
from engine.proto import resource_pb2
from engine.values import UNKNOWN, Secret, to_struct

ROOT = Path("/a project")


def request(**fields: object) -> resource_pb2.RegisterResourceRequest:
    return resource_pb2.RegisterResourceRequest(type="fake:index:Thing", name="a", custom=True, **fields)  # type: ignore[arg-type]  # one helper for all fields


def test_inputs_keep_secrets_and_unknowns() -> None:
    inputs = {"s": Secret("x"), "u": UNKNOWN, "n": 1}
    assert from_request(request(object=to_struct(inputs)), ROOT).properties == inputs


def test_options_that_were_not_given_are_none() -> None:
    goal = from_request(request(), ROOT)
    assert (goal.protect, goal.retain_on_delete, goal.delete_before_replace) == (None, None, None)


def test_without_property_dependencies_every_property_has_all() -> None:
    goal = from_request(request(object=to_struct({"x": 1}), dependencies=["b", "a", "a"]), ROOT)
    assert goal.dependencies == ["a", "b"]
    assert goal.property_dependencies == {"x": ["a", "b"]}


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("5m", 300), ("1h30m", 5400), ("1.5m", 90), ("250ms", 0.25)]
)
def test_timeouts(text: str, seconds: float) -> None:
    timeouts = resource_pb2.RegisterResourceRequest.CustomTimeouts(create=text)
    assert from_request(request(customTimeouts=timeouts), ROOT).custom_timeouts == {"create": seconds}


@pytest.mark.parametrize("text", ["5", "m", "five minutes", "5m5"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    timeouts = resource_pb2.RegisterResourceRequest.CustomTimeouts(update=text)
    with pytest.raises(EngineError, match="write one like 90s"):
        from_request(request(customTimeouts=timeouts), ROOT)


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"remote": True}, "a remote component"),
        ({"packageRef": "x"}, "a parameterized package"),
        ({"replace_with": ["x"]}, "the option replaceWith"),
        ({"envVarMappings": {"A": "B"}}, "the option envVarMappings"),
    ],
)
def test_what_is_not_implemented_is_refused_by_name(fields: dict[str, object], named: str) -> None:
    with pytest.raises(EngineError, match=named):
        from_request(request(**fields), ROOT)


@pytest.mark.parametrize(
    ("uri", "position"),
    [
        ("file:///a%20project/components/x.py", "project:///components/x.py#7"),
        ("file:///elsewhere/x.py", ""),
    ],
)
def test_source_positions_are_relative_to_the_project(uri: str, position: str) -> None:
    given = request()
    given.sourcePosition.uri, given.sourcePosition.line = uri, 7
    assert from_request(given, ROOT).source_position == position


def test_a_child_takes_over_what_it_does_not_say() -> None:
    parent = Goal("x:y:G", "g", custom=False, protect=True, retain_on_delete=True, deleted_with="urn")
    child = Goal("fake:index:Thing", "a", custom=True, protect=False).inheriting(parent)
    assert (child.protect, child.retain_on_delete, child.deleted_with) == (False, True, "urn")


@pytest.mark.parametrize(("package", "provider"), [("fake", "REFERENCE"), ("other", "")])
def test_a_provider_is_inherited_for_its_own_package(package: str, provider: str) -> None:
    reference = "urn:pulumi:dev::p::pulumi:providers:fake::mine::id"
    parent = Goal("x:y:G", "g", custom=False, provider=reference)
    child = Goal(f"{package}:index:Thing", "a", custom=True).inheriting(parent)
    assert child.provider == provider.replace("REFERENCE", reference)
