"""Functions and secrets declared absent."""

from __future__ import annotations

import pytest

from provider.errors import PropertyError
from provider.schema.supabase import Function, Retirement, Secret
from tests.fix_apis import Api
from tests.provider.supabase.conftest import NewPlane, Plane

WANTED = Retirement(
    name="edge/retired",
    absent=[f"{Function.token}::old", f"{Function.token}::never", f"{Secret.token}::OLD"],
)


@pytest.fixture
def filled(api: Api) -> Api:
    for slug in ("old", "kept"):
        api.deploy(slug, {"index.ts": ""})
    api.request("POST", "/secrets", json=[{"name": name, "value": "1"} for name in ("OLD", "KEPT")])
    return api


def test_what_is_still_there_is_a_difference_and_goes(plane: Plane, new_plane: NewPlane, filled: Api) -> None:
    kind = plane.kind(Retirement)
    imported = kind.read("edge/retired", None)
    assert [tuple(each) for each in kind.diff(imported, WANTED)] == [
        ("absent[0]", "delete"),
        ("absent[2]", "delete"),
    ]
    kind.create(WANTED)
    assert filled.live.functions.keys() == {"kept"}
    assert filled.live.secrets.keys() == {"KEPT"}
    assert kind.diff(imported, WANTED) == []
    assert filled.counted()["DELETE functions/*", 200] == 1
    again = new_plane().kind(Retirement)
    assert again.diff(WANTED, WANTED) == []
    again.update(WANTED, WANTED)
    assert ("DELETE functions/*", 404) not in filled.counted()


def test_what_comes_back_is_a_difference_again(plane: Plane, new_plane: NewPlane, filled: Api) -> None:
    plane.kind(Retirement).create(WANTED)
    filled.deploy("old", {"index.ts": ""})
    assert [each.path for each in new_plane().kind(Retirement).diff(WANTED, WANTED)] == ["absent[0]"]


def test_a_name_of_another_kind_is_refused(plane: Plane) -> None:
    wanted = Retirement(name="r", absent=["voip:postgres:Table::public.t"])
    with pytest.raises(PropertyError, match="is of no kind that can be deleted") as raised:
        plane.kind(Retirement).check(wanted)
    assert raised.value.path == "absent[0]"


def test_to_forget_it_changes_nothing(plane: Plane, filled: Api) -> None:
    plane.kind(Retirement).delete(WANTED, scratch=True)
    assert filled.live.functions.keys() == {"old", "kept"}
