"""Edge functions: made, taken over, changed, kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from provider.differences import Difference
from provider.errors import NotAsWantedError, PropertyError, ProviderError
from provider.registry import Kind
from provider.schema.supabase import Function
from provider.target import Target
from tests.fix_apis import Api
from tests.provider.supabase.conftest import NewPlane, Plane, Sources
from tests.provider.supabase.gateway import Gateway

CHANGED = "Deno.serve(() => new Response('changed'));\n"


@pytest.fixture
def kind(plane: Plane) -> Kind:
    return plane.kind(Function)


@pytest.fixture
def again(new_plane: NewPlane) -> Kind:
    """The kind as the next process has it."""
    return new_plane().kind(Function)


def paths(kind: Kind, live: Any, wanted: Any) -> list[tuple[str, str]]:
    return [(path, sign) for path, sign in kind.diff(live, wanted)]


class TestCheck:
    def test_what_is_declared_in_full_is_taken(self, kind: Kind, sources: Sources) -> None:
        wanted = sources.declared("hello")
        assert kind.check(wanted) == wanted

    @pytest.mark.parametrize(("missing", "path"), [("entrypoint", "entrypoint"), ("verifyJwt", "verifyJwt")])
    def test_a_bundle_must_be_told_how_to_run(
        self, kind: Kind, sources: Sources, missing: str, path: str
    ) -> None:
        with pytest.raises(PropertyError, match=rf"^hello has a bundle and no {missing}$") as raised:
            kind.check(sources.declared("hello", **{missing: None}))
        assert raised.value.path == path


class TestCreate:
    def test_it_is_served_as_declared_and_equal_then(
        self, kind: Kind, again: Kind, sources: Sources, api: Api
    ) -> None:
        wanted = kind.check(sources.declared("hello", verifyJwt=False))
        live = kind.create(wanted)
        assert kind.diff(live, wanted) == []
        assert api.live.functions["hello"].source.verify_jwt is False
        assert again.read("hello", live) == live
        assert api.counted() == {
            ("GET functions", 200): 2,
            ("POST functions/deploy", 201): 1,
            ("GET functions/*", 200): 1,
        }

    def test_one_that_is_equal_is_taken_over(
        self, kind: Kind, again: Kind, sources: Sources, api: Api
    ) -> None:
        wanted = sources.declared("hello")
        assert again.create(wanted) == kind.create(wanted)
        assert api.live.functions["hello"].version == 1

    def test_one_that_differs_is_kept(self, kind: Kind, sources: Sources, api: Api) -> None:
        api.deploy("hello", {"index.ts": ""}, verify_jwt=False)
        with pytest.raises(ProviderError) as raised:
            kind.create(sources.declared("hello"))
        assert str(raised.value) == (
            "the function hello exists already and differs in bundle, entrypoint, importMap, verifyJwt; take "
            "it over with `python -m operations adopt --stack STACK`, then look at the preview again"
        )
        assert api.live.functions["hello"].version == 1

    def test_files_that_changed_meanwhile_are_not_deployed(
        self, kind: Kind, sources: Sources, api: Api
    ) -> None:
        wanted = sources.declared("hello")
        sources.write("hello", CHANGED)
        with pytest.raises(ProviderError, match=r"are not those that the program read; let them rest"):
            kind.create(wanted)
        assert api.live.functions == {}

    def test_one_that_is_to_stay_as_found_must_be_there(self, kind: Kind, api: Api) -> None:
        found = Function(slug="hello")
        with pytest.raises(ProviderError, match="hello is to stay as it was found, and it is not there"):
            kind.create(found)
        api.deploy("hello", {"index.ts": ""})


class TestRead:
    def test_one_that_was_found_is_told_by_its_files(self, kind: Kind, sources: Sources, api: Api) -> None:
        wanted = sources.declared("hello")
        files = {f"{path}": (sources.folder / path).read_text("utf-8") for path in ("hello/index.ts",)}
        api.deploy("hello", files)
        live = kind.read("hello", None)
        assert paths(kind, live, wanted) == [("bundle", "update"), ("importMap", "add")]

    def test_files_below_where_the_platform_built_them_are_the_same(
        self, kind: Kind, sources: Sources, api: Api
    ) -> None:
        wanted = kind.create(sources.declared("hello"))
        project = api.live
        place = "file:///tmp/user_fn_1/source/"
        live = project.functions["hello"]
        source = msgspec.structs.replace(
            live.source,
            entrypoint_path=place + live.source.entrypoint_path,
            import_map_path=place + str(live.source.import_map_path),
        )
        project.functions["hello"] = msgspec.structs.replace(live, source=source)
        api.projects.write(project)
        assert kind.diff(kind.read("hello", wanted), sources.declared("hello")) == []

    def test_its_files_are_asked_for_only_if_its_version_is_another(
        self, kind: Kind, new_plane: NewPlane, sources: Sources, api: Api
    ) -> None:
        live = kind.create(sources.declared("hello"))
        assert new_plane().kind(Function).read("hello", live) == live
        assert ("GET functions/*/body", 200) not in api.counted()
        api.deploy("hello", {"hello/index.ts": CHANGED, "deno.json": "{}"}, import_map_path="deno.json")
        kind = new_plane().kind(Function)
        drifted = kind.read("hello", live)
        assert paths(kind, drifted, sources.declared("hello")) == [("bundle", "update")]
        assert api.counted()["GET functions/*/body", 200] == 1

    def test_the_same_files_deployed_again_are_no_difference(
        self, kind: Kind, again: Kind, sources: Sources, api: Api
    ) -> None:
        live = kind.create(sources.declared("hello"))
        files = {path: (sources.folder / path).read_text() for path in ("hello/index.ts", "deno.json")}
        shared = {"_shared/x.ts": (sources.folder / "_shared/x.ts").read_text()}
        api.deploy("hello", files | shared, import_map_path="deno.json")
        assert api.live.functions["hello"].version == 2
        assert again.diff(again.read("hello", live), sources.declared("hello")) == []

    def test_a_list_is_asked_for_once(self, kind: Kind, api: Api) -> None:
        for slug in ("a", "b", "c"):
            assert kind.read(slug, None) is None
        assert api.counted() == {("GET functions", 200): 1}


class TestUpdate:
    def test_changed_files_are_a_new_version(
        self, kind: Kind, again: Kind, sources: Sources, api: Api
    ) -> None:
        live = kind.create(sources.declared("hello", verifyJwt=False))
        sources.share("x.ts", "export const x = 2;\n")
        wanted = sources.declared("hello", verifyJwt=False)
        assert paths(again, again.read("hello", live), wanted) == [("bundle", "update")]
        changed = again.update(live, wanted)
        assert again.diff(changed, wanted) == []
        assert api.live.functions["hello"].version == 2
        assert api.live.functions["hello"].source.verify_jwt is False

    @pytest.mark.parametrize("wanted", [True, False])
    def test_the_tokens_check_alone_is_changed_without_a_deployment(
        self, kind: Kind, again: Kind, sources: Sources, api: Api, wanted: bool
    ) -> None:
        live = kind.create(sources.declared("hello", verifyJwt=not wanted))
        declared = sources.declared("hello", verifyJwt=wanted)
        assert paths(again, live, declared) == [("verifyJwt", "update")]
        assert again.diff(again.update(live, declared), declared) == []
        assert api.live.functions["hello"].source.verify_jwt is wanted
        assert api.counted()["POST functions/deploy", 201] == 1

    def test_a_check_that_somebody_changed_is_seen_and_put_back(
        self, kind: Kind, again: Kind, sources: Sources, api: Api
    ) -> None:
        wanted = sources.declared("hello", verifyJwt=False)
        live = kind.create(wanted)
        api.request("PATCH", "/functions/hello", json={"verify_jwt": True})
        drifted = again.read("hello", live)
        assert paths(again, drifted, wanted) == [("verifyJwt", "update")]
        again.update(drifted, wanted)
        assert api.live.functions["hello"].source.verify_jwt is False

    def test_what_others_did_meanwhile_is_seen(
        self, kind: Kind, again: Kind, sources: Sources, api: Api
    ) -> None:
        live = kind.create(sources.declared("hello"))
        sources.write("hello", CHANGED)
        wanted = sources.declared("hello")
        again.update(live, wanted)
        kind.update(live, wanted)
        assert api.live.functions["hello"].version == 2, "what is equal is left alone"
        api.request("DELETE", "/functions/hello")
        with pytest.raises(ProviderError, match="hello is gone; run the same command again to make it anew"):
            kind.update(live, wanted)

    def test_one_that_stays_as_found_has_no_difference(self, kind: Kind, api: Api) -> None:
        api.deploy("hello", {"index.ts": ""}, verify_jwt=False)
        found = Function(slug="hello")
        assert kind.diff(kind.read("hello", None), kind.check(found)) == []
        assert kind.create(found) == kind.read("hello", None)

    def test_an_api_that_forgets_the_check_is_found_out(
        self, kind: Kind, sources: Sources, api: Api, plane: Plane, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        deploy = plane.management.deploy

        def forgetful(*given: Any, **named: Any) -> Any:
            return deploy(*given, **{**named, "verify_jwt": True})

        monkeypatch.setattr(plane.management, "deploy", forgetful)
        with pytest.raises(
            NotAsWantedError, match="hello differs in verifyJwt after it was deployed"
        ) as raised:
            kind.create(sources.declared("hello", verifyJwt=False))
        assert raised.value.live.id == "hello"
        wanted = sources.declared("hello", verifyJwt=False)
        assert kind.diff(kind.update(raised.value.live, wanted), wanted) == []


class TestDelete:
    def test_a_live_one_is_kept(self, kind: Kind, sources: Sources, api: Api) -> None:
        live = kind.create(sources.declared("hello"))
        with pytest.raises(ProviderError, match="the function hello is live and not declared as retired"):
            kind.delete(live, scratch=False)
        assert api.live.functions.keys() == {"hello"}
        kind.delete(live, scratch=True)
        assert api.live.functions == {}
        kind.delete(live, scratch=False)


def test_other_updates_are_kept_out_before_each_change(new_plane: NewPlane, sources: Sources) -> None:
    changes: list[None] = []
    kind = new_plane(changes=changes).kind(Function)
    kind.read("hello", None)
    assert not changes
    live = kind.create(sources.declared("hello"))
    assert len(changes) == 1
    kind.update(live, sources.declared("hello", verifyJwt=False))
    kind.delete(live, scratch=True)
    assert len(changes) == 3


class TestAnswering:
    """Where functions are served, the new version must answer before the old one is given up."""

    @pytest.fixture
    def gateway(self) -> Iterator[Gateway]:
        with Gateway.opened() as gateway:
            yield gateway

    @pytest.fixture
    def served(self, new_plane: NewPlane, project: Target, gateway: Gateway) -> Kind:
        return new_plane(replace(project, functions_url=gateway.url)).kind(Function)

    def test_one_that_answers_is_asked_where_its_users_ask(
        self, served: Kind, sources: Sources, gateway: Gateway
    ) -> None:
        served.create(sources.declared("hello"))
        assert gateway.asked == [("OPTIONS", "/hello")]

    def test_a_moment_without_an_answer_is_waited_out(
        self, served: Kind, sources: Sources, gateway: Gateway
    ) -> None:
        gateway.answer(404, 503, 200)
        served.create(sources.declared("hello"))
        assert len(gateway.asked) == 3

    def test_a_refusal_is_an_answer(self, served: Kind, sources: Sources, gateway: Gateway) -> None:
        gateway.answer(401)
        served.create(sources.declared("hello"))

    def test_a_new_one_without_an_answer_is_told_and_tried_again(
        self, served: Kind, sources: Sources, gateway: Gateway
    ) -> None:
        gateway.answer(500, message="SESSION_SECRET is not set")
        with pytest.raises(NotAsWantedError) as raised:
            served.create(sources.declared("hello"))
        assert str(raised.value) == (
            "hello is deployed and does not answer (500: SESSION_SECRET is not set); mend the function or "
            "its secrets and run the same command again"
        )
        with pytest.raises(NotAsWantedError):
            served.update(raised.value.live, sources.declared("hello"))
        gateway.answer(204)
        assert served.update(raised.value.live, sources.declared("hello")) == raised.value.live

    def test_the_version_before_comes_back_if_the_new_one_does_not_answer(
        self, served: Kind, sources: Sources, gateway: Gateway, api: Api
    ) -> None:
        live = served.create(sources.declared("hello", verifyJwt=False))
        before = api.live.functions["hello"].source
        sources.write("hello", "throw 1;\n")
        # It answers before, and no more after the deployment.
        gateway.answer(200, 503, message="BOOT_ERROR")
        with pytest.raises(ProviderError) as raised:
            served.update(live, sources.declared("hello", verifyJwt=False))
        assert str(raised.value) == (
            "the new version of hello does not answer (503: BOOT_ERROR), so the one before it is back; mend "
            "the function or its secrets and run the same command again"
        )
        assert api.live.functions["hello"].version == 3
        assert api.live.functions["hello"].source == before
        assert served.diff(served.read("hello", live), served.check(live)) == []

    def test_one_that_did_not_answer_before_is_not_brought_back(
        self, served: Kind, sources: Sources, gateway: Gateway, api: Api
    ) -> None:
        live = served.create(sources.declared("hello"))
        sources.write("hello", CHANGED)
        gateway.answer(503)
        with pytest.raises(NotAsWantedError):
            served.update(live, sources.declared("hello"))
        assert api.live.functions["hello"].version == 2

    def test_where_nobody_serves_nothing_is_asked(
        self, new_plane: NewPlane, project: Target, sources: Sources
    ) -> None:
        gone = replace(project, functions_url="http://127.0.0.1:1")
        with pytest.raises(NotAsWantedError, match=r"does not answer .*refused"):
            new_plane(gone).kind(Function).create(sources.declared("hello"))


def test_a_difference_is_of_what_was_declared_alone(kind: Kind) -> None:
    live = Function(slug="a", bundle="1", entrypoint="e", verify_jwt=None, deployed="x")
    wanted = Function(slug="a", bundle="1", entrypoint="e", verify_jwt=True)
    assert kind.diff(live, wanted) == [Difference("verifyJwt", "add")]
