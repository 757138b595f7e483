"""Supabase's own command line as a client, where one is named: `SUPABASE_CLI=…/supabase pytest …`."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox.apis.process import Apis
from tests.fix_apis import Api

COMMAND = os.environ.get("SUPABASE_CLI")

FILES = {
    "supabase/functions/_shared/x.ts": "export const x = 'hi';\n",
    "supabase/functions/first/deno.json": '{"imports": {"x": "../_shared/x.ts"}}\n',
    "supabase/functions/first/index.ts": 'import { x } from "x";\nDeno.serve(() => new Response(x));\n',
    "supabase/functions/second/index.ts": "Deno.serve(() => new Response());\n",
}

Run = Callable[..., str]

pytestmark = pytest.mark.skipif(not COMMAND, reason="no official command line is named (SUPABASE_CLI)")


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A folder as the command line wants it."""
    for name, content in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content, "utf-8")
    return tmp_path


@pytest.fixture
def supabase(api: Api, apis: Apis, work: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Runs a command on the test's project."""
    home = tmp_path_factory.mktemp("home")
    profile = home / "profile.yaml"
    urls = {"api_url": apis.url, "dashboard_url": apis.url, "docs_url": apis.url}
    profile.write_text(json.dumps({"name": "sandbox", "project_host": "localhost", **urls}), "utf-8")

    def run(*arguments: str, folder: Path = work) -> str:
        done = subprocess.run(
            [str(COMMAND), "--profile", str(profile), *arguments, f"--remote={api.ref}", "--yes"],
            cwd=folder,
            env={**os.environ, "HOME": str(home), "SUPABASE_ACCESS_TOKEN": apis.token},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


def test_one_function_is_deployed_listed_downloaded_and_deleted(
    supabase: Run, api: Api, tmp_path_factory: pytest.TempPathFactory
) -> None:
    supabase("functions", "deploy", "first", "--use-api", "--no-verify-jwt")
    live = api.live.functions["first"]
    assert (live.version, live.source.verify_jwt) == (1, False)
    sent = api.projects.files(live.source.bundle)
    assert {path: content.decode() for path, content in sent.items()} == {
        path: content for path, content in FILES.items() if "second" not in path
    }

    listed = json.loads(supabase("functions", "list", "--output", "json"))
    assert [(each["slug"], each["version"]) for each in listed] == [("first", 1)]

    folder = tmp_path_factory.mktemp("downloaded")
    supabase("functions", "download", "first", "--use-api", folder=folder)
    for name in ("first/index.ts", "first/deno.json", "_shared/x.ts"):
        path = f"supabase/functions/{name}"
        assert (folder / path).read_text("utf-8") == FILES[path]

    supabase("functions", "delete", "first")
    assert api.live.functions == {}


def test_all_functions_are_activated_together(supabase: Run, api: Api) -> None:
    for version in (1, 2):
        supabase("functions", "deploy", "--use-api")
        live = api.live.functions
        assert {slug: each.version for slug, each in live.items()} == {"first": version, "second": version}
        assert all(each.source.verify_jwt for each in live.values())
    assert api.counted()["PUT functions", 200] == 2


def test_secrets_are_set_listed_and_unset(supabase: Run, api: Api) -> None:
    supabase("secrets", "set", "A=canary", "B=2")
    assert {name: secret.value for name, secret in api.live.secrets.items()} == {"A": "canary", "B": "2"}
    listed = supabase("secrets", "list", "--output", "json")
    digests = {each["name"]: each["value"] for each in json.loads(listed)}
    assert {name: secret.digest for name, secret in api.live.secrets.items()}.items() <= digests.items()
    assert "canary" not in listed
    supabase("secrets", "unset", "A")
    assert api.live.secrets.keys() == {"B"}
