"""What the Management API's stand-in does with projects, functions and secrets."""

from __future__ import annotations

import email
import hashlib
import json
from email.message import Message
from typing import Any

import httpx
import pytest

from tests.fix_apis import Api

INDEX = 'import { x } from "./_shared/x.ts";\nDeno.serve(() => new Response(x));\n'
FILES = {"hello/index.ts": INDEX, "_shared/x.ts": "export const x = 'é';\n", "deno.json": "{}"}


RESERVED = {"SUPABASE_URL", "SUPABASE_ANON_KEY", "SUPABASE_SERVICE_ROLE_KEY", "SUPABASE_DB_URL"}


def functions(api: Api) -> dict[str, int]:
    return {each["slug"]: each["version"] for each in api.request("GET", "/functions").json()}


def parts(answer: httpx.Response) -> list[Message]:
    whole = b"Content-Type: " + answer.headers["content-type"].encode() + b"\r\n\r\n" + answer.content
    message = email.message_from_bytes(whole)
    assert message.is_multipart()
    return message.get_payload()  # type: ignore[return-value]  # the parts of a form


def content(part: Message) -> str:
    payload = part.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload.decode()


class TestDeploy:
    def test_the_first_version_is_served_as_it_was_told(self, api: Api) -> None:
        answer = api.deploy("hello", FILES, import_map_path="deno.json", verify_jwt=False, name="Hello")
        assert answer.status_code == 201
        told = answer.json()
        assert (told["slug"], told["name"], told["version"], told["status"]) == (
            "hello",
            "Hello",
            1,
            "ACTIVE",
        )
        assert told["verify_jwt"] is False
        assert (told["entrypoint_path"], told["import_map_path"]) == ("hello/index.ts", "deno.json")
        assert api.request("GET", "/functions").json() == [told]
        assert api.request("GET", "/functions/hello").json() == told

    def test_each_deployment_is_a_version_and_the_same_files_are_one_bundle(self, api: Api) -> None:
        first = api.deploy("hello", FILES).json()
        again = api.deploy("hello", dict(FILES)).json()
        changed = api.deploy("hello", {**FILES, "_shared/x.ts": ""}).json()
        assert [each["version"] for each in (first, again, changed)] == [1, 2, 3]
        assert first["ezbr_sha256"] == again["ezbr_sha256"] != changed["ezbr_sha256"]
        assert first["id"] == again["id"] == changed["id"]
        assert first["created_at"] == changed["created_at"] <= changed["updated_at"]

    def test_a_token_is_asked_for_unless_it_was_said_otherwise(self, api: Api) -> None:
        assert api.deploy("hello", FILES).json()["verify_jwt"] is True
        assert api.deploy("hello", FILES, verify_jwt=False).json()["verify_jwt"] is False
        assert api.deploy("hello", FILES).json()["verify_jwt"] is False

    def test_what_was_only_bundled_is_served_once_it_is_activated(self, api: Api) -> None:
        api.deploy("hello", FILES)
        bundled = api.deploy("hello", {**FILES, "_shared/x.ts": ""}, query="&bundleOnly=true").json()
        other = api.deploy("other", FILES, query="&bundleOnly=true", verify_jwt=False).json()
        assert functions(api) == {"hello": 1}
        # As the official command line sends them, without the bundle's digest.
        wanted = [{k: v for k, v in each.items() if k != "ezbr_sha256"} for each in (bundled, other)]
        answer = api.request("PUT", "/functions", json=[{**each, "updated_at": 0} for each in wanted])
        assert answer.status_code == 200
        assert functions(api) == {"hello": 2, "other": 1}
        live = api.live.functions
        assert live["hello"].source.bundle == bundled["ezbr_sha256"]
        assert live["other"].source.verify_jwt is False

    def test_an_activation_without_a_bundle_changes_nothing(self, api: Api) -> None:
        api.deploy("hello", FILES)
        item = {"id": "1", "slug": "hello", "name": "hello", "status": "ACTIVE", "version": 2}
        for wrong in ({"slug": "other"}, {"ezbr_sha256": "0" * 64}, {"slug": "../x"}):
            wanted = [item, {**item, **wrong}]
            assert api.request("PUT", "/functions", json=wanted).status_code == 400
        assert functions(api) == {"hello": 1}

    @pytest.mark.parametrize(
        ("slug", "files", "metadata", "message"),
        [
            ("1hello", FILES, {}, "slug: '1hello' must match"),
            ("", FILES, {}, "slug: '' must match"),
            ("hello", FILES, {"entrypoint_path": "index.ts"}, "module not found 'index.ts'"),
            ("hello", FILES, {"import_map_path": "map.json"}, "module not found 'map.json'"),
            ("hello", {"../index.ts": ""}, {}, "'../index.ts' leads out of the function's folder"),
            ("hello", {"/etc/index.ts": ""}, {}, "'/etc/index.ts' leads out of the function's folder"),
            ("hello", FILES, {"entrypoint_path": 7}, "Expected `str`, got `int`"),
            ("hello", FILES, {"verify_jwt": "no"}, "Expected `bool | null`, got `str`"),
        ],
    )
    def test_what_cant_be_served_is_refused(
        self, api: Api, slug: str, files: dict[str, str], metadata: dict[str, Any], message: str
    ) -> None:
        answer = api.deploy(slug, files, **metadata)
        assert answer.status_code == 400
        assert message in answer.json()["message"]
        assert functions(api) == {}

    def test_an_upload_without_metadata_is_refused(self, api: Api) -> None:
        answer = api.request("POST", "/functions/deploy?slug=a", files=[("file", ("index.ts", b""))])
        assert (answer.status_code, answer.json()) == (400, {"message": "metadata: Required"})


class TestFunction:
    def test_a_change_of_a_setting_alone_keeps_the_code(self, api: Api) -> None:
        before = api.deploy("hello", FILES, verify_jwt=False).json()
        answer = api.request("PATCH", "/functions/hello", json={"verify_jwt": True})
        assert answer.status_code == 200
        assert answer.json() == {
            **before,
            "verify_jwt": True,
            "version": 2,
            "updated_at": answer.json()["updated_at"],
        }
        renamed = api.request("PATCH", "/functions/hello?verify_jwt=false", json={"name": "Hi"}).json()
        assert (renamed["verify_jwt"], renamed["name"], renamed["version"]) == (False, "Hi", 3)

    def test_its_files_come_back_as_they_were_sent(self, api: Api) -> None:
        api.deploy("hello", FILES)
        answer = api.request("GET", "/functions/hello/body", headers={"accept": "multipart/form-data"})
        assert answer.status_code == 200
        metadata, *files = parts(answer)
        assert json.loads(content(metadata)) == {"deno2_entrypoint_path": "hello/index.ts"}
        assert {part["supabase-path"]: content(part) for part in files} == FILES

    def test_there_is_no_other_form_of_its_files(self, api: Api) -> None:
        api.deploy("hello", FILES)
        assert api.request("GET", "/functions/hello/body").status_code == 406

    def test_one_that_was_deleted_begins_anew(self, api: Api) -> None:
        api.deploy("hello", FILES)
        api.deploy("hello", FILES)
        answer = api.request("DELETE", "/functions/hello")
        assert (answer.status_code, answer.json()) == (200, {"message": "ok"})
        assert functions(api) == {}
        assert api.deploy("hello", FILES).json()["version"] == 1

    @pytest.mark.parametrize(
        ("method", "path"), [("GET", ""), ("PATCH", ""), ("DELETE", ""), ("GET", "/body")]
    )
    def test_one_that_is_not_there_is_not_found(self, api: Api, method: str, path: str) -> None:
        assert api.request(method, f"/functions/hello{path}").status_code == 404


class TestSecrets:
    def test_a_digest_stands_for_the_value(self, api: Api) -> None:
        given = [{"name": "A", "value": "canary"}, {"name": "B", "value": "é"}]
        answer = api.request("POST", "/secrets", json=given)
        assert (answer.status_code, answer.content) == (201, b"")
        told = api.request("GET", "/secrets")
        digests = {each["name"]: each["value"] for each in told.json()}
        own = {name: digest for name, digest in digests.items() if not name.startswith("SUPABASE_")}
        assert own == {each["name"]: hashlib.sha256(each["value"].encode()).hexdigest() for each in given}
        assert digests.keys() - own.keys() == RESERVED
        assert "canary" not in told.text
        assert "canary" not in repr(api.live.secrets)

    def test_what_is_set_again_is_replaced_and_the_rest_kept(self, api: Api) -> None:
        api.request("POST", "/secrets", json=[{"name": "A", "value": "1"}, {"name": "B", "value": "2"}])
        api.request("POST", "/secrets", json=[{"name": "A", "value": "3"}])
        assert {name: secret.value for name, secret in api.live.secrets.items()} == {"A": "3", "B": "2"}
        assert api.request("DELETE", "/secrets", json=["A", "NEVER"]).status_code == 200
        assert api.live.secrets.keys() == {"B"}

    @pytest.mark.parametrize(
        "wanted",
        [
            [{"name": "SUPABASE_URL", "value": "x"}],
            [{"name": "A" * 257, "value": "x"}],
            [{"name": "A", "value": "x" * 24_577}],
            [{"name": "A"}],
            {"A": "x"},
        ],
    )
    def test_what_may_not_be_set_is_refused_as_a_whole(self, api: Api, wanted: object) -> None:
        assert api.request("POST", "/secrets", json=wanted).status_code == 400
        assert api.live.secrets == {}


class TestProject:
    def test_it_is_told_with_its_database(self, api: Api) -> None:
        told = api.request("GET", "").json()
        assert (told["ref"], told["status"]) == (api.ref, "ACTIVE_HEALTHY")
        assert told in api.client.get("/v1/projects").json()

    def test_one_that_is_not_there_is_not_found(self, api: Api) -> None:
        for ref in ("nobody", "..", "UPPER"):
            assert api.client.get(f"/v1/projects/{ref}/functions").status_code == 404

    def test_its_health_is_that_of_its_database(self, api: Api) -> None:
        answer = api.request("GET", "/health?services=db&services=rest")
        assert [(each["name"], each["status"]) for each in answer.json()] == [
            ("db", "UNHEALTHY"),
            ("rest", "UNHEALTHY"),
        ]
        assert api.request("GET", "/health").status_code == 400
        assert api.request("GET", "/health?services=db,fridge").status_code == 400
