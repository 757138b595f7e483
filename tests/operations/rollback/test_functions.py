"""A replaced edge function does harm: the one before it comes back from a backup."""

from __future__ import annotations

from pathlib import Path

import pytest

from components.archive import Archive
from operations.backup import functions as backup
from operations.backup.folder import taking
from operations.errors import OperationError
from operations.rollback.functions import restore
from provider.target import Target
from tests.fix_apis import Api


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path / "backups", "production")


def take(target: Target, archive: Archive) -> None:
    with taking(archive, "functions", target.project_ref) as new:
        backup.take(target, new.folder)


def served(api: Api, slug: str) -> dict[str, bytes]:
    source = api.live.functions[slug].source
    return dict(api.projects.files(source.bundle))


OLD, NEW = {"index.ts": "old()", "deno.json": "{}"}, {"index.ts": "broken()"}


def test_the_last_one_that_is_another_comes_back(api: Api, target: Target, archive: Archive) -> None:
    api.deploy("upload-lerg", OLD, verify_jwt=True, import_map_path="deno.json")
    take(target, archive)
    api.deploy("upload-lerg", NEW, verify_jwt=False)
    # The step after it took another backup, which holds what does harm.
    take(target, archive)
    assert served(api, "upload-lerg") == {"index.ts": b"broken()"}

    (said,) = restore(target, archive, ["upload-lerg"])
    assert said == "upload-lerg is what was live as version 1, deployed as version 3."
    source = api.live.functions["upload-lerg"].source
    assert served(api, "upload-lerg") == {name: text.encode() for name, text in OLD.items()}
    assert (source.verify_jwt, source.import_map_path) == (True, "deno.json")


def test_one_that_was_deleted_comes_back(api: Api, target: Target, archive: Archive) -> None:
    api.deploy("ping-status", OLD)
    take(target, archive)
    api.request("DELETE", "/functions/ping-status")
    assert list(restore(target, archive, ["ping-status"]))
    assert served(api, "ping-status") == {name: text.encode() for name, text in OLD.items()}


def test_nothing_is_deployed_where_one_is_missing(api: Api, target: Target, archive: Archive) -> None:
    api.deploy("upload-lerg", OLD)
    take(target, archive)
    api.deploy("upload-lerg", NEW)
    with pytest.raises(OperationError, match="has files of ping-status other than those that are served"):
        list(restore(target, archive, ["upload-lerg", "ping-status"]))
    assert served(api, "upload-lerg") == {"index.ts": b"broken()"}
    # A backup that was changed is none.
    file = next(archive.folder.rglob("files/index.ts"))
    file.write_text("evil()", "utf-8")
    with pytest.raises(OperationError, match="has files of upload-lerg other than those"):
        list(restore(target, archive, ["upload-lerg"]))
