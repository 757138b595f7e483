"""Backups are taken of a real database and of the API's stand-in, and each way to be wrong is found."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from components.archive import Archive
from operations.backup import database, functions, tools
from operations.backup.folder import keep_newest, taking
from operations.errors import OperationError
from provider.target import Target
from sandbox import databases
from tests.fix_apis import Api
from tests.targets import production_of


@pytest.fixture
def target(production_copy: databases.Target) -> Target:
    """Production as it was found, as the commands reach it."""
    return production_of(production_copy.ref, database_url=production_copy.database_url)


def scratch_databases(target: Target) -> list[str]:
    """Those of this process: others take backups on the same server at the same time."""
    query = "SELECT datname FROM pg_database WHERE starts_with(datname, %s)"
    with psycopg.connect(target.database_url) as connection:
        found = connection.execute(query, [f"restored_{os.getpid()}_"])
        return [name for (name,) in found]


def test_a_database_comes_back_as_it_was(target: Target, tmp_path: Path) -> None:
    with psycopg.connect(target.database_url) as connection:
        connection.execute("UPDATE public.profiles SET role = E'a \"b\",\\n\\\\', stripe_customer_id = ''")
    counts = database.take(target, tmp_path)
    assert counts["tables as CSV"] == 2
    assert counts["rows"] >= 14 + 14 + 440
    assert counts["objects"] > 40
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "production_backup_pre_migration.sql",
        "production_lerg_codes.csv",
        "production_profiles.csv",
        "staging_enhanced_lerg.csv",
    ]
    with (tmp_path / "production_profiles.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 14
    assert rows[0]["role"] == 'a "b",\n\\'
    with (tmp_path / "staging_enhanced_lerg.csv").open(newline="") as file:
        assert len(list(csv.DictReader(file))) == 450
    assert scratch_databases(target) == []


def test_what_a_killed_backup_has_left_behind_is_gone_after_the_next(target: Target, tmp_path: Path) -> None:
    names = [f"restored_{os.getpid()}_{state}" for state in ("left", "used")]
    with (
        psycopg.connect(target.database_url, autocommit=True) as connection,
        psycopg.connect(target.database_url, application_name=names[1]),
    ):
        for name in names:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        database.take(target, tmp_path)
        assert scratch_databases(target) == names[1:]
        connection.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(names[1])))


def edited(monkeypatch: pytest.MonkeyPatch, edit: Callable[[str], str]) -> None:
    """Let the dump be another one than what was dumped."""
    restore = database._restore

    def restored(programs: Path, scratch: str, dump: Path) -> None:
        before = dump.read_text("utf-8")
        dump.write_text(edit(before), "utf-8")
        assert dump.read_text("utf-8") != before
        restore(programs, scratch, dump)

    monkeypatch.setattr(database, "_restore", restored)


def without_line(start: str) -> Callable[[str], str]:
    def edit(text: str) -> str:
        lines = text.splitlines(keepends=True)
        position = next(number for number, line in enumerate(lines) if line.startswith(start))
        return "".join(lines[:position] + lines[position + 1 :])

    return edit


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (
            lambda text: text.replace("\t201\t", "\t999\t", 1),
            "did not bring public.lerg_codes back: it has 440",
        ),
        (
            lambda text: text.replace("CREATE TABLE public.profiles", "CREATE TABLE public.p"),
            "public.profiles",
        ),
        (
            without_line("CREATE POLICY select_own"),
            "1 objects back as they are, first profiles select_own; Type: POLICY",
        ),
        (without_line("CREATE TRIGGER on_auth_user_created "), "on_auth_user_created"),
        (without_line("ALTER TABLE public.profiles ENABLE ROW"), "first profiles; Type: ROW SECURITY"),
        (without_line("GRANT ALL ON TABLE public.profiles TO anon"), "Type: ACL"),
        (lambda text: text[: len(text) // 2], "did not bring"),
    ],
)
def test_a_dump_that_does_not_bring_all_back_is_refused(
    target: Target,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    edit: Callable[[str], str],
    message: str,
) -> None:
    edited(monkeypatch, edit)
    with pytest.raises(OperationError, match=message):
        database.take(target, tmp_path)
    assert scratch_databases(target) == []


def test_a_table_that_is_not_what_it_was_is_refused(
    target: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    export = database._export

    def exported(*given: object) -> dict[str, Path]:
        made = export(*given)  # type: ignore[arg-type]  # passed on as they come
        text = made["lerg_codes"].read_text("utf-8")
        made["lerg_codes"].write_text(text.replace(",201,", ",202,", 1), "utf-8")
        return made

    monkeypatch.setattr(database, "_export", exported)
    with pytest.raises(OperationError, match=r"^production_lerg_codes\.csv did not bring its rows back"):
        database.take(target, tmp_path)


def test_a_password_is_in_no_argument_list(tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.write_text('#!/bin/sh\nprintf \'%s\\n\' "$PGPASSWORD" "$@"\n')
    program.chmod(0o700)
    said = tools.run(
        program, "postgresql://me:of%20the%20sandbox@127.0.0.1:1/db?sslmode=require", "--more"
    ).stdout
    password, *arguments = said.splitlines()
    assert password == "of the sandbox"
    assert "of the sandbox" not in " ".join(arguments)
    assert "sslmode=require" in " ".join(arguments)
    assert arguments[-1] == "--more"


def test_another_major_version_is_refused() -> None:
    with pytest.raises(OperationError, match=r"^the server is Postgres 9, and pg_dump at hand is of .*17"):
        tools.folder(9)


def test_a_folder_is_private_and_whole_or_not_there(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "backups", "production")
    with pytest.raises(OperationError, match="not restored"), taking(archive, "database", "ref") as new:
        write(new.folder / "rows.csv", refuse=True)
    assert archive.newest("database") is None
    assert list(archive.place("database").iterdir()) == []
    for number in range(3):
        with taking(archive, "database", "ref") as new:
            (new.folder / "rows.csv").write_text(f"{number}\n", "utf-8")
            (new.folder / "more").mkdir()
    kept = [taken.folder for taken in archive.all("database")]
    assert [(folder / "rows.csv").read_text("utf-8") for folder in kept] == ["2\n", "1\n", "0\n"]
    assert (archive.folder / "rows.csv").read_text("utf-8") == "2\n"
    keep_newest(archive, "database", 2)
    assert [taken.folder for taken in archive.all("database")] == kept[:2]
    modes = {path.stat().st_mode & 0o777 for path in archive.folder.rglob("*") if path.is_file()}
    assert modes == {0o600}
    assert {path.stat().st_mode & 0o777 for path in archive.folder.rglob("*") if path.is_dir()} == {0o700}


def test_a_file_of_somebodys_own_is_left_alone(tmp_path: Path) -> None:
    archive = Archive(tmp_path, "production")
    (tmp_path / "rows.csv").write_text("mine\n", "utf-8")
    with taking(archive, "database", "ref") as new:
        (new.folder / "rows.csv").write_text("1\n", "utf-8")
    assert (tmp_path / "rows.csv").read_text("utf-8") == "mine\n"


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "backups").write_text("a file", "utf-8")
    archive = Archive(tmp_path / "backups", "production")
    told = r"can't be written: .* set voip-accelerator-infra:backupFolder"
    with pytest.raises(OperationError, match=told), taking(archive, "database", "ref"):
        pass


def write(path: Path, *, refuse: bool) -> None:
    path.write_text("1\n", "utf-8")
    if refuse:
        raise OperationError("not restored")


FILES = {
    "ping/index.ts": "Deno.serve(() => new Response());\n",
    "_shared/a.ts": "// ä\n",
    "deno.json": "{}\n",
}


@pytest.fixture
def served(api: Api) -> Target:
    """A project that serves two functions."""
    options = {"entrypoint_path": "ping/index.ts", "import_map_path": "deno.json"}
    assert api.deploy("ping", FILES, verify_jwt=False, **options).status_code == 201
    assert api.deploy("upload", {"index.ts": "//\n"}).status_code == 201
    return api.target(environment="production")


def test_functions_are_stored_as_they_are_served(served: Target, api: Api, tmp_path: Path) -> None:
    before = api.request("GET", "/functions").json()
    counts = functions.take(served, tmp_path)
    assert counts == {"functions": 2, "functions bundled anew": 2}
    assert api.request("GET", "/functions").json() == before
    stored, files = functions.load(tmp_path / "production_functions" / "ping")
    assert {path: content.decode() for path, content in files.items()} == FILES
    assert (stored.entrypoint, stored.import_map, stored.verify_jwt) == ("ping/index.ts", "deno.json", False)
    assert stored.digest == next(each["ezbr_sha256"] for each in before if each["slug"] == "ping")
    assert functions.load(tmp_path / "production_functions" / "upload")[0].verify_jwt


def test_what_was_changed_since_is_not_deployed_again(served: Target, tmp_path: Path) -> None:
    functions.take(served, tmp_path)
    place = tmp_path / "production_functions" / "ping"
    (place / "files" / "deno.json").write_text("{ }\n", "utf-8")
    with pytest.raises(OperationError, match="does not hold the files that were stored"):
        functions.load(place)
    (place / "function.json").write_text("[]", "utf-8")
    with pytest.raises(OperationError, match=r"function\.json can't be read"):
        functions.load(place)


def test_functions_that_the_platform_does_not_take_again_are_no_backup(
    served: Target, api: Api, tmp_path: Path
) -> None:
    api.fail({"endpoint": "POST functions/deploy", "status": 400})
    with pytest.raises(Exception, match="answered POST functions/deploy with 400"):
        functions.take(served, tmp_path)
