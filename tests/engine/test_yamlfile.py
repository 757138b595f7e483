"""Editing goes by the files in `cases/yaml_edits`: the edit, the text before, the text after."""

from pathlib import Path

import pytest
import yaml

from engine import yamlfile
from engine.errors import EngineError

EDITS = sorted((Path(__file__).parent / "cases" / "yaml_edits").glob("*.txt"))
FILE = Path("Pulumi.dev.yaml")


def edited(command: str, text: str) -> str:
    document = yamlfile.parse(FILE, text)
    verb, *words = command.split(" ", 3 if command.startswith("set") else 2)
    match verb:
        case "set":
            return yamlfile.set_entry(document, words[0], words[1], words[2].replace("\\n", "\n"))
        case "first":
            return yamlfile.set_first(document, words[0], words[1])
        case "remove":
            return yamlfile.remove_entry(document, words[0], words[1])
    raise ValueError(command)


@pytest.mark.parametrize("case", EDITS, ids=lambda path: path.stem)
def test_an_edit_changes_nothing_else(case: Path) -> None:
    command, before, after = case.read_text(encoding="utf-8").split("=====\n")
    assert edited(command.strip(), before) == after
    assert edited(command.strip(), before.removesuffix("\n")).removesuffix("\n") == after.removesuffix("\n")
    yaml.safe_load(after)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", "yes"),
        ("on", "on"),
        ("1:30", "1:30"),
        ("2020-01-01", "2020-01-01"),
        ("true", True),
        ("FALSE", False),
        ("~", None),
        ("8", 8),
        ("-8", -8),
        ("+8", 8),
        ("012", 10),
        ("-0o17", -15),
        ("0x1F", 31),
        ("0b101", 5),
        ("1.50", 1.5),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("1.2.3", "1.2.3"),
    ],
)
def test_a_plain_scalar_is_of_the_cli_s_type(text: str, value: object) -> None:
    read = yamlfile.plain_scalar(text)
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("one", "one"),
        ("v1:a/b+c==", "v1:a/b+c=="),
        ("https://x.example/?a=b", "https://x.example/?a=b"),
        ("8", '"8"'),
        ("yes", '"yes"'),
        ("y", '"y"'),
        ("null", '"null"'),
        ("", '""'),
        ("2020-01-01", '"2020-01-01"'),
        ("0o17", '"0o17"'),
        ("a: b", "'a: b'"),
        ("a #b", "'a #b'"),
        ("#x", "'#x'"),
        ("it's: so", "'it''s: so'"),
        ("ends:", "'ends:'"),
        (" x", "' x'"),
        ("two\nlines", '"two\\nlines"'),
        ("😀\n", '"\\U0001F600\\n"'),
        ("\x85\t\x1f", None),
    ],
)
def test_a_string_is_quoted_where_it_must_be(text: str, written: str | None) -> None:
    rendered = yamlfile.scalar_text(text)
    assert rendered == written or written is None
    document = yamlfile.parse(FILE, f"key: {rendered}\n")
    assert document.value(document.entries(document.root, "the file")["key"]) == text
    assert yaml.safe_load(f"key: {rendered}\n") == {"key": text}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: b\n c: d\n", r"Pulumi.dev.yaml:2: this is not YAML"),
        ("a: 'b\n", r"Pulumi.dev.yaml:\d: this is not YAML"),
        ("a: 1\nb: 2\na: 3\n", r"Pulumi.dev.yaml:3: the file has the key a twice"),
        ("- a\n", r"Pulumi.dev.yaml:1: the file is a list; wanted a mapping"),
        ("a: 1\n? [b]\n: 2\n", r"Pulumi.dev.yaml:2: the file has a list as a key"),
        ("a: \x00\n", "this is not YAML"),
    ],
)
def test_bad_yaml_is_named_by_its_line(text: str, message: str) -> None:
    with pytest.raises(EngineError, match=message):
        keys(text)


def keys(text: str) -> list[str]:
    document = yamlfile.parse(FILE, text)
    return list(document.entries(document.root, "the file"))


def test_a_mapping_in_braces_is_not_edited() -> None:
    document = yamlfile.parse(FILE, "config: {ex:a: one}\n")
    with pytest.raises(EngineError, match=r"Pulumi\.dev\.yaml:1: config is written in braces"):
        yamlfile.set_entry(document, "config", "ex:b", "two")


def test_a_byte_order_mark_is_skipped(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_bytes(b"\xef\xbb\xbfa: 1\n")
    assert yamlfile.read(file).text == "a: 1\n"


def test_a_file_that_is_missing_or_not_text_is_named(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    with pytest.raises(EngineError, match=r"a\.yaml can't be read"):
        yamlfile.read(file)
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(EngineError, match=r"a\.yaml can't be read"):
        yamlfile.read(file)
