"""Functions and secrets declared absent."""

from __future__ import annotations

import pytest

from provider.errors import PropertyError
from provider.schema.supabase import Function, Retirement, Secret
from tests.fix_apis import Api
from tests.provider.supabase.conftest import NewPlane, Plane, Sources

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


def test_what_is_out_of_use_is_a_stub_and_no_difference_then(
    plane: Plane, new_plane: NewPlane, filled: Api, sources: Sources
) -> None:
    wanted = Retirement(name="r", absent=[f"{Secret.token}::OLD"], out_of_use=["old", "never"])
    found = plane.kind(Retirement).diff(wanted, wanted)
    assert [tuple(each) for each in found] == [("outOfUse[0]", "update"), ("absent[0]", "delete")]
    plane.kind(Retirement).create(wanted)
    assert filled.live.functions.keys() == {"old", "kept"}
    assert served(filled, "old") == (sources.folder / "stub.ts").read_bytes()
    assert served(filled, "kept") == b""
    again = new_plane().kind(Retirement)
    assert again.diff(wanted, wanted) == []
    again.update(wanted, wanted)
    assert filled.live.functions["old"].version == 2


def test_a_stub_gives_its_place_back(plane: Plane, new_plane: NewPlane, api: Api, sources: Sources) -> None:
    wanted = sources.declared("hello", verifyJwt=False)
    live = plane.kind(Function).create(wanted)
    gone = Retirement(name="r", absent=[], out_of_use=["hello"])
    plane.kind(Retirement).create(gone)
    assert api.live.functions["hello"].source.verify_jwt is False
    later = new_plane()
    later.kind(Function).delete(live, scratch=False)
    assert api.live.functions["hello"].version == 2, "the stub stays, and is forgotten"
    assert later.kind(Function).diff(later.kind(Function).create(wanted), wanted) == []
    assert api.live.functions["hello"].version == 3
    assert [each.path for each in later.kind(Retirement).diff(gone, gone)] == ["outOfUse[0]"]


def served(api: Api, slug: str) -> bytes:
    files = api.projects.files(api.live.functions[slug].source.bundle)
    return dict(files)["index.ts"]
