"""Which files are deployed as a function, and the digest that names them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provider.schema.bundle import bundle, digest
from tests.provider.supabase.conftest import Sources

FILES = st.dictionaries(st.text(min_size=1, max_size=8), st.binary(max_size=16), max_size=4)


def test_its_own_files_the_shared_ones_and_the_import_map_are_deployed(sources: Sources) -> None:
    sources.write("other")
    sources.write("hello/deeper")
    for name in ("hello/handler_test.ts", "_shared/x_test.ts", "hello/.DS_Store", "every_handler_test.ts"):
        (sources.folder / name).write_text("", "utf-8")
    assert sorted(bundle(sources.folder, "hello")) == [
        "_shared/x.ts",
        "deno.json",
        "hello/deeper/index.ts",
        "hello/index.ts",
    ]


def test_a_folder_without_an_entrypoint_is_no_function(sources: Sources) -> None:
    assert bundle(sources.folder, "_shared") == {}
    assert bundle(sources.folder, "nowhere") == {}


def test_the_digest_does_not_depend_on_the_place_or_the_order(sources: Sources, tmp_path: Path) -> None:
    files = bundle(sources.folder, "hello")
    assert digest(files) == digest(dict(reversed(list(files.items()))))
    shutil.copytree(sources.folder, tmp_path / "elsewhere")
    assert digest(bundle(tmp_path / "elsewhere", "hello")) == digest(files)


@pytest.mark.parametrize("name", ["hello/index.ts", "_shared/x.ts", "deno.json"])
def test_a_change_of_any_file_changes_it(sources: Sources, name: str) -> None:
    before = digest(bundle(sources.folder, "hello"))
    with (sources.folder / name).open("a", encoding="utf-8") as file:
        file.write("\n")
    assert digest(bundle(sources.folder, "hello")) != before


@given(FILES, FILES)
def test_other_files_have_another_digest(one: dict[str, bytes], other: dict[str, bytes]) -> None:
    assert (digest(one) == digest(other)) is (one == other)
