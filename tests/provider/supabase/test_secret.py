"""Secrets: set, compared by digest, never read back."""

from __future__ import annotations

import hashlib

import pytest

from provider.errors import PropertyError, ProviderError
from provider.registry import Kind
from provider.schema.supabase import Secret
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


def test_a_secret_must_have_a_value(kind: Kind) -> None:
    with pytest.raises(PropertyError, match="the secret A has no value"):
        kind.check(Secret(name="A"))


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
