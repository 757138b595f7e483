"""Secrets: set, compared by digest, never read back."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from provider.errors import PropertyError, ProviderError
from provider.registry import Kind
from provider.schema.supabase import Secret
from provider.target import Target
from tests.fix_apis import Api
from tests.provider.supabase.conftest import NewPlane, Plane


@pytest.fixture
def kind(plane: Plane) -> Kind:
    return plane.kind(Secret)


def declared(value: str, name: str = "A") -> Secret:
    return Secret(name=name, value=value)


def test_it_is_set_and_equal_then(kind: Kind, new_plane: NewPlane, api: Api) -> None:
    live = kind.create(kind.check(declared("canary")))
    assert api.live.secrets["A"].value == "canary"
    assert live == Secret(name="A", digest=hashlib.sha256(b"canary").hexdigest())
    again = new_plane().kind(Secret)
    assert again.read("A", live) == live
    assert again.diff(live, declared("canary")) == []


def test_another_value_is_a_difference_of_the_value(kind: Kind) -> None:
    live = kind.create(declared("1"))
    assert [tuple(found) for found in kind.diff(live, declared("2"))] == [("value", "update")]
    assert kind.diff(kind.update(live, declared("2")), declared("2")) == []


def test_one_of_that_value_is_taken_over_and_another_kept(kind: Kind, api: Api) -> None:
    api.request("POST", "/secrets", json=[{"name": "A", "value": "1"}])
    kind.create(declared("1"))
    with pytest.raises(ProviderError, match="the secret A is set already, to another value; take it over"):
        kind.create(declared("canary"))
    assert api.live.secrets["A"].value == "1"
    assert ("POST secrets", 201) in api.counted()
    assert api.counted()["POST secrets", 201] == 1


def test_a_value_changed_by_hand_is_seen(kind: Kind, new_plane: NewPlane, api: Api) -> None:
    live = kind.create(declared("1"))
    api.request("POST", "/secrets", json=[{"name": "A", "value": "2"}])
    again = new_plane().kind(Secret)
    assert again.diff(again.read("A", live), declared("1"))


def test_parts_are_joined_and_those_that_nobody_knows_left_out(kind: Kind, api: Api) -> None:
    wanted = kind.check(Secret(name="A", value=["new", "", "old"]))
    kind.create(wanted)
    assert api.live.secrets["A"].value == "new,old"
    assert kind.check(Secret(name="A", value=["", ""])) == Secret(name="A")


def test_a_value_in_the_config_is_in_no_plan_and_no_state(new_plane: NewPlane, project: Target) -> None:
    def of(value: str) -> Kind:
        return new_plane(replace(project, secrets={"sessionSecret": value})).kind(Secret)

    declared = Secret(name="A", config="sessionSecret")
    kind = of("canary")
    live = kind.create(kind.check(declared))
    assert "canary" not in f"{kind.check(declared).wire()} {live.wire()}"
    assert of("canary").diff(live, declared) == []
    assert [tuple(found) for found in of("other").diff(live, declared)] == [("value", "update")]


def test_one_of_which_nothing_is_known_stays_and_is_never_made(kind: Kind, api: Api) -> None:
    unknown = kind.check(Secret(name="A", value=[""]))
    with pytest.raises(ProviderError, match="what makes it was adopted, and nobody tells it again"):
        kind.create(unknown)
    assert api.live.secrets == {}


def test_one_that_is_set_and_not_known_stays(kind: Kind, api: Api) -> None:
    api.request("POST", "/secrets", json=[{"name": "A", "value": "1"}])
    live = kind.create(Secret(name="A"))
    assert kind.diff(live, Secret(name="A")) == []
    assert api.live.secrets["A"].value == "1"


def test_a_key_without_a_value_is_told_with_what_to_type(kind: Kind, api: Api) -> None:
    wanted = kind.check(Secret(name="SESSION_SECRET", config="sessionSecret"))
    with pytest.raises(ProviderError, match="pulumi config set --secret voip:sessionSecret"):
        kind.create(wanted)
    assert api.live.secrets == {}


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        (Secret(name="A", config="accessToken"), "no secret is in voip:accessToken; they are in allowedOri"),
        (Secret(name="A", config="jwtSecret", value="1"), "the secret A has its value in voip:jwtSecret"),
    ],
)
def test_a_value_has_one_place(kind: Kind, wanted: Secret, message: str) -> None:
    with pytest.raises(PropertyError, match=message):
        kind.check(wanted)


def test_a_set_one_is_kept(kind: Kind, api: Api) -> None:
    live = kind.create(declared("1"))
    with pytest.raises(ProviderError, match="the secret A is set and not declared as retired, so it is kept"):
        kind.delete(live, scratch=False)
    assert api.live.secrets.keys() == {"A"}
    kind.delete(live, scratch=True)
    assert api.live.secrets == {}
    kind.delete(live, scratch=False)


def test_others_stay_as_they_are(kind: Kind, api: Api) -> None:
    kind.create(declared("1"))
    kind.create(declared("2", name="B"))
    assert {name: secret.value for name, secret in api.live.secrets.items()} == {"A": "1", "B": "2"}
