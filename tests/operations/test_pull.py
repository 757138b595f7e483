"""What a project serves comes into the folder of functions, and nothing there is lost by it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from operations.errors import OperationError
from operations.files import place_below
from operations.pull import pulled
from provider.errors import ProviderError
from provider.supabase.management import Management, Sources
from provider.target import Target
from tests.fix_apis import Api

FILES = {
    "ping/index.ts": "Deno.serve(() => new Response());\n",
    "_shared/a.ts": "// ä\n",
    "deno.json": "{}\n",
}
OTHER = {"index.ts": "// of a place of its own\n", "lib/b.ts": "//\n"}


@pytest.fixture
def target(api: Api, tmp_path: Path) -> Target:
    """A project with a function as this repository deploys them, and one as others do."""
    options = {"entrypoint_path": "ping/index.ts", "import_map_path": "deno.json"}
    assert api.deploy("ping", FILES, **options).status_code == 201
    assert api.deploy("upload", OTHER).status_code == 201
    return api.target(environment="production", functions=tmp_path / "functions")


def held(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in files}


def test_all_of_it_is_written_in_its_place(target: Target) -> None:
    told = pulled(target, [], overwrite=False)
    assert told.startswith("Wrote 5 files below functions/, 0 of them over others")
    assert held(target.functions) == FILES | {f"upload/{path}": text for path, text in OTHER.items()}
    assert pulled(target, [], overwrite=False) == told


def test_one_can_be_named(target: Target) -> None:
    pulled(target, ["upload"], overwrite=False)
    assert set(held(target.functions)) == {"upload/index.ts", "upload/lib/b.ts"}
    with pytest.raises(OperationError, match="serves no nothing; it serves ping, upload"):
        pulled(target, ["nothing"], overwrite=False)


def test_what_differs_here_is_overwritten_when_that_is_asked_for(target: Target) -> None:
    mine = target.functions / "ping" / "index.ts"
    mine.parent.mkdir(parents=True)
    mine.write_text("// mine\n", "utf-8")
    with pytest.raises(OperationError, match=r"1 files here are not as .* \(ping/index\.ts\); commit them"):
        pulled(target, [], overwrite=False)
    assert held(target.functions) == {"ping/index.ts": "// mine\n"}
    assert "1 of them over others" in pulled(target, [], overwrite=True)
    assert mine.read_text("utf-8") == FILES["ping/index.ts"]


def test_two_that_share_another_file_are_pulled_apart(target: Target, api: Api) -> None:
    older = {"pong/index.ts": "//\n", "_shared/a.ts": "// older\n"}
    assert api.deploy("pong", older, entrypoint_path="pong/index.ts").status_code == 201
    with pytest.raises(OperationError, match=r"pong is served with another _shared/a\.ts than one before"):
        pulled(target, [], overwrite=False)
    assert held(target.functions) == {}
    pulled(target, ["pong"], overwrite=False)
    assert held(target.functions) == older


def test_what_the_api_hands_out_no_sources_of_is_told(
    target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Management, "sources", lambda *_: None)
    assert "hands out no sources of ping, upload: get them" in pulled(target, [], overwrite=False)


@pytest.mark.parametrize("path", ["../a.ts", "/etc/a.ts", "ping/../../a.ts", ""])
def test_no_file_is_written_elsewhere(target: Target, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    monkeypatch.setattr(Management, "sources", lambda *_: Sources({path: b""}, None))
    with pytest.raises(OperationError, match=r"which leads out of functions/"):
        pulled(target, ["ping"], overwrite=True)
    with pytest.raises(OperationError, match="leads out of"):
        place_below(target.functions, path)


def test_the_api_refuses_in_words(target: Target) -> None:
    without = replace(target, access_token="")
    with pytest.raises(ProviderError, match=r"voip:accessToken of .* is not set"):
        pulled(without, [], overwrite=False)
