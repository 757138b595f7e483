"""The edge: exactly what is deployed is served, to whom it should be, with nothing that it shouldn't have."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.sandbox.edge.conftest import Edge

OF_DENO = {"HOME", "NO_COLOR", "NPM_CONFIG_REGISTRY", "PATH"}
"""What Deno needs or makes itself, beside what is named after it."""

VERSION = "Deno.serve(() => new Response('{}'));"


class TestVersions:
    def test_a_deployment_counts_from_its_answer_on(self, edge: Edge) -> None:
        for version in map(str, range(8)):
            edge.deploy("hello", VERSION.format(version))
            assert edge.ask("hello").text == version
        edge.api.request("DELETE", "/functions/hello")
        gone = edge.ask("hello")
        assert (gone.status_code, gone.json()["code"]) == (404, "NOT_FOUND")

    def test_what_is_only_bundled_is_not_served(self, edge: Edge) -> None:
        edge.deploy("hello", VERSION.format("old"))
        files = {"index.ts": VERSION.format("new")}
        bundled = edge.api.deploy("hello", files, query="&bundleOnly=true", verify_jwt=False).json()
        assert edge.ask("hello").text == "old"
        edge.api.request("PUT", "/functions", json=[bundled])
        assert edge.ask("hello").text == "new"

    def test_whoever_calls_first_finds_one_process(self, edge: Edge) -> None:
        edge.deploy("hello", "const id = crypto.randomUUID(); Deno.serve(() => new Response(id));")
        with ThreadPoolExecutor(20) as callers:
            answers = {answer.text for answer in callers.map(lambda _: edge.ask("hello"), range(40))}
        assert len(answers) == 1

    def test_a_request_under_way_is_answered_by_what_it_met(self, edge: Edge) -> None:
        edge.deploy(
            "slow",
            "Deno.serve(() => new Promise((done) => setTimeout(done, 1500, new Response('old'))));",
        )
        edge.ask("slow", "OPTIONS")
        with ThreadPoolExecutor(1) as callers:
            old = callers.submit(edge.ask, "slow")
            time.sleep(0.5)
            edge.deploy("slow", VERSION.format("new"))
            assert edge.ask("slow").text == "new"
            assert old.result().text == "old"

    def test_its_files_import_each_other_and_its_import_map_counts(self, edge: Edge) -> None:
        files = {
            "hello/index.ts": "import { x } from 'shared'; import { y } from './y.ts';"
            " Deno.serve(() => new Response(x + y));",
            "hello/y.ts": "export const y: string = 'y';",
            "_shared/x.ts": "export const x = 'x';",
            "deno.json": '{"imports": {"shared": "./_shared/x.ts"}}',
        }
        edge.api.deploy("hello", files, import_map_path="deno.json", verify_jwt=False)
        assert edge.ask("hello").text == "xy"

    def test_it_is_told_which_deployment_it_is(self, edge: Edge) -> None:
        for version in ("1", "2"):
            told = edge.value("Deno.env.get('DENO_DEPLOYMENT_ID')")
            assert told == f"{edge.api.ref}_{edge.api.live.functions['value'].id}_{version}"


class TestRequests:
    ECHO = """Deno.serve(async (request, info) => Response.json({
      method: request.method,
      path: new URL(request.url).pathname + new URL(request.url).search,
      headers: Object.fromEntries(request.headers),
      body: await request.text(),
    }, { status: 201, headers: { "x-own": "1" } }));"""

    def test_all_of_it_is_passed_on_but_what_is_the_connections(self, edge: Edge) -> None:
        edge.deploy("echo", self.ECHO)
        headers = {"x-given": "é".encode(), "x-forwarded-for": "6.6.6.6", "te": "trailers"}
        answer = edge.ask("echo/a%20b?x=1&y=%C3%A9", "POST", content=b"body", headers=headers)
        assert (answer.status_code, answer.headers["x-own"]) == (201, "1")
        told = answer.json()
        assert (told["method"], told["path"], told["body"]) == ("POST", "/echo/a%20b?x=1&y=%C3%A9", "body")
        assert told["headers"]["x-forwarded-for"] == "127.0.0.1"
        assert "te" not in told["headers"]

    @pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
    def test_every_method_reaches_it(self, edge: Edge, method: str) -> None:
        edge.deploy("echo", self.ECHO)
        assert edge.ask("echo", method).json()["method"] == method

    def test_bodies_of_any_size_pass_whole(self, edge: Edge) -> None:
        edge.deploy(
            "size", "Deno.serve(async (r) => new Response(new Uint8Array((await r.bytes()).length)));"
        )
        for size in (0, 1, 70_000, 5_000_000):
            assert len(edge.ask("size", "POST", content=b"x" * size).content) == size

    def test_an_answer_may_come_piece_by_piece(self, edge: Edge) -> None:
        edge.deploy(
            "pieces",
            "Deno.serve(() => new Response("
            "ReadableStream.from(['a', 'b', 'c']).pipeThrough(new TextEncoderStream())));",
        )
        assert edge.ask("pieces").text == "abc"
        assert edge.ask("pieces").text == "abc"

    def test_redirects_and_empty_answers_are_the_callers(self, edge: Edge) -> None:
        edge.deploy("away", "Deno.serve(() => Response.redirect('https://example.com/'));")
        assert edge.ask("away").headers["location"] == "https://example.com/"
        edge.deploy("empty", "Deno.serve(() => new Response(null, { status: 204 }));")
        assert (edge.ask("empty").status_code, edge.ask("empty").content) == (204, b"")

    @pytest.mark.parametrize("path", ["/", "/x", "/../functions/v1/hello", "/-/ready", "/constructor"])
    def test_there_is_nothing_elsewhere(self, edge: Edge, path: str) -> None:
        root = edge.url.rpartition("/")[0]
        assert httpx.get(root + path, trust_env=False).status_code in (403, 404)
        assert edge.ask("constructor").status_code == 404


class TestTokens:
    @pytest.fixture
    def checked(self, edge: Edge) -> Edge:
        edge.deploy("hello", VERSION.format("in"), verify_jwt=True)
        return edge

    def ask(self, edge: Edge, token: str | None, method: str = "GET") -> int:
        headers = {"authorization": f"Bearer {token}"} if token is not None else {}
        return edge.ask("hello", method, headers=headers).status_code

    def test_a_valid_one_comes_in_every_time(self, checked: Edge) -> None:
        token = checked.token(sub="x", exp=time.time() + 60)
        assert [self.ask(checked, token) for _ in range(3)] == [200] * 3

    def test_a_projects_own_keys_are_valid(self, checked: Edge) -> None:
        for name in ("SUPABASE_ANON_KEY", "SUPABASE_SERVICE_ROLE_KEY"):
            checked.deploy("key", f"Deno.serve(() => new Response(Deno.env.get('{name}')));")
            assert self.ask(checked, checked.ask("key").text) == 200

    def test_all_others_stay_outside(self, checked: Edge) -> None:
        valid = checked.token(sub="x", exp=time.time() + 60)
        wrong = [None, "x", "a.b.c", valid[:-2], valid + "x", checked.token(sub="x")]
        wrong.append(checked.token(sub="x", exp=time.time() - 1))
        assert [self.ask(checked, token) for token in wrong] == [401] * len(wrong)
        assert checked.ask("hello").json()["message"] == "Missing authorization header"

    def test_one_that_expires_is_not_remembered(self, checked: Edge) -> None:
        token = checked.token(sub="x", exp=int(time.time()) + 2)
        assert self.ask(checked, token) == 200
        time.sleep(2.1)
        assert self.ask(checked, token) == 401

    def test_another_projects_is_not_valid(self, checked: Edge) -> None:
        import jwt

        stranger = jwt.encode({"exp": time.time() + 60}, "another secret of the same length!", "HS256")
        assert self.ask(checked, stranger) == 401

    def test_a_preflight_needs_none(self, checked: Edge) -> None:
        assert self.ask(checked, None, "OPTIONS") == 200

    def test_the_setting_counts_from_its_answer_on(self, checked: Edge) -> None:
        checked.api.request("PATCH", "/functions/hello", json={"verify_jwt": False})
        assert self.ask(checked, None) == 200
        checked.api.request("PATCH", "/functions/hello", json={"verify_jwt": True})
        assert self.ask(checked, None) == 401


class TestSurroundings:
    def test_secrets_are_those_of_the_project_and_of_now(self, edge: Edge) -> None:
        edge.api.request("POST", "/secrets", json=[{"name": "A", "value": "1"}])
        assert edge.value("Deno.env.get('A')") == "1"
        edge.api.request("POST", "/secrets", json=[{"name": "A", "value": "é\n2"}])
        assert edge.ask("value").json() == {"value": "é\n2"}
        edge.api.request("DELETE", "/secrets", json=["A"])
        assert edge.ask("value").json() == {"value": None}

    def test_nothing_else_is_in_its_environment(self, edge: Edge) -> None:
        own = {"DENO_DEPLOYMENT_ID", "SUPABASE_ANON_KEY", "SUPABASE_DB_URL", "SUPABASE_SERVICE_ROLE_KEY"}
        found = set(edge.value("Object.keys(Deno.env.toObject())"))
        assert {name for name in found if not name.startswith("DENO_") or name in own} - OF_DENO == {
            *own,
            "STRIPE_API_URL",
            "SUPABASE_URL",
        }
        assert edge.value("Deno.env.get('SUPABASE_URL')") == edge.url

    @pytest.mark.parametrize(
        "code",
        [
            "Deno.readTextFileSync('/etc/passwd')",
            "Deno.readTextFileSync(new URL('./index.ts', import.meta.url))",
            "Deno.writeTextFileSync('/tmp/x', 'x')",
            "Deno.makeTempFileSync()",
            "new Deno.Command('/bin/sh').outputSync()",
            "Deno.hostname()",
            "Deno.dlopen('libc.so.6', {})",
            "fetch('http://192.0.2.1/')",
            "Deno.connect({ hostname: 'example.com', port: 443 })",
            "import('https://example.com/x.ts')",
            "Deno.kill(1)",
        ],
    )
    def test_what_the_platform_forbids_is_forbidden(self, edge: Edge, code: str) -> None:
        assert edge.value(code) in ("NotCapable", "TypeError")

    def test_it_reaches_what_this_machine_serves(self, edge: Edge) -> None:
        edge.deploy("other", VERSION.format("other"))
        url = "Deno.env.get('SUPABASE_URL') + '/functions/v1/other'"
        assert edge.value(f"fetch({url}).then((answer) => answer.text())") == "other"

    def test_its_process_answers_the_router_alone(self, edge: Edge) -> None:
        edge.deploy(
            "port",
            "let own; const server = Deno.serve(() => new Response(String(own))); own = server.addr.port;",
        )
        port = edge.ask("port").text
        assert httpx.get(f"http://127.0.0.1:{port}/port", trust_env=False).status_code == 403


class TestFailures:
    @pytest.mark.parametrize(
        "code",
        [
            "throw new Error('canary');",
            "this is no TypeScript",
            "import './nowhere.ts'; Deno.serve(() => new Response());",
            "Deno.exit(0);",
            "",
        ],
    )
    def test_one_that_does_not_start_says_so_and_harms_no_other(self, edge: Edge, code: str) -> None:
        edge.deploy("hello", VERSION.format("hello"))
        edge.deploy("bad", code)
        for _ in range(2):
            answer = edge.ask("bad")
            assert (answer.status_code, answer.json()["code"]) == (503, "BOOT_ERROR")
            assert "canary" not in answer.text
        assert edge.ask("hello").text == "hello"
        edge.deploy("bad", VERSION.format("good"))
        assert edge.ask("bad").text == "good"

    def test_a_heap_that_runs_full_ends_its_own_process_alone(self, edge: Edge) -> None:
        edge.deploy("hello", "const id = crypto.randomUUID(); Deno.serve(() => new Response(id));")
        before = edge.ask("hello").text
        edge.deploy(
            "full",
            "Deno.serve((r) => { const all = []; while (r.url.includes('all'))"
            " all.push(new Array(1e5).fill(Math.random())); return new Response('not full'); });",
        )
        answer = edge.ask("full?all")
        assert (answer.status_code, answer.json()["code"]) == (546, "WORKER_LIMIT")
        assert edge.ask("full").text == "not full"
        assert edge.ask("hello").text == before

    def test_an_error_of_its_own_is_its_own_answer(self, edge: Edge) -> None:
        edge.deploy("bad", "Deno.serve(() => { throw new Error('canary'); });")
        answer = edge.ask("bad")
        assert answer.status_code == 500
        assert "canary" not in answer.text
        assert edge.ask("bad").status_code == 500

    def test_a_caller_who_goes_away_leaves_no_trace(self, edge: Edge) -> None:
        edge.deploy(
            "slow",
            "Deno.serve(() => new Promise((done) => setTimeout(() => done(new Response('x')), 300)));",
        )
        edge.ask("slow")
        for _ in range(3):
            with pytest.raises(httpx.ReadTimeout):
                httpx.get(f"{edge.url}/functions/v1/slow", timeout=0.1, trust_env=False)
        assert edge.ask("slow").text == "x"


def test_auth_is_beside_the_functions(edge: Edge) -> None:
    told: dict[str, Any] = httpx.get(f"{edge.url}/auth/v1/user", trust_env=False).json()
    assert told["error_code"] == "bad_jwt"
