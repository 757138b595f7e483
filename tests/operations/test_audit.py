"""What an audit finds in an application, by topic, and what it refuses to search."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from components import checkout
from components.audit import DROPS, REPORT, Report, load
from operations.__main__ import main
from operations.audit import TOPICS, searched
from operations.errors import OperationError

LINES = {
    "lerg_codes": [
        "const { data } = await supabase.from('lerg_codes').select('npa')",
        "SELECT npa FROM public.LERG_CODES",
        "await supabase.functions.invoke('get-lerg-data')",
        "const url = `${base}/functions/v1/add-lerg-record`",
    ],
    "user_agent": ["profile.user_agent", "select('id, user_agent')", '"user_agent": navigator.userAgent'],
    "signup_method": ["if (row.signup_method === 'email')", "SIGNUP_METHOD text"],
    "NANP": [
        "import { isNANP } from './nanp'",
        "invoke('get-enhanced-lerg-data')",
        "from('enhanced_lerg')",
        "const npa = number.slice(0, 3)",
        "uploadLerg(lerg)",
    ],
    "profiles": [
        "supabase.from('profiles').select('*')",
        'supabase\n  .from(\n    "profiles"\n  )',
        "SELECT * FROM profiles",
        "INSERT INTO public.profiles (id) VALUES ($1)",
        'UPDATE ONLY "public"."profiles" SET role = $1',
        "type Row = Database['public']['Tables']['profiles']['Row']",
        "fetch(`${url}/rest/v1/profiles?select=role`)",
    ],
}
"""By topic: lines in which it is found."""

ELSEWHERE = [
    "const userAgent = navigator.userAgent",
    "get-enhanced-lerg-datax",
    "my_user_agent_string",
    "from('user_profiles')",
    "the profiles of users",
    "japan",
]


def write(root: Path, files: dict[str, str | bytes]) -> Path:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return root


def git(root: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=A", "-c", "user.email=a@example.invalid", "-c", "commit.gpgsign=false")
    done = subprocess.run(
        ["git", "-C", root, *identity, *arguments], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def committed(root: Path) -> str:
    git(root, "init", "--quiet")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "Begin")
    return git(root, "rev-parse", "HEAD")


def places(report: Report, topic: str) -> list[str]:
    return [f"{each.file}:{each.line}" for each in report.found if each.topic == topic]


@pytest.mark.parametrize(
    ("topic", "line"), [(topic, line) for topic, lines in LINES.items() for line in lines]
)
def test_a_topic_is_found(tmp_path: Path, topic: str, line: str) -> None:
    report = searched(write(tmp_path, {"src/a.ts": f"// first\n{line}\n"}), [])
    assert places(report, topic)
    others = {each.topic for each in report.found} - {topic, "profiles", "NANP"}
    assert not others


@pytest.mark.parametrize("line", ELSEWHERE)
def test_what_merely_looks_alike_is_not_found(tmp_path: Path, line: str) -> None:
    found = searched(write(tmp_path, {"a.ts": line}), []).found
    assert {each.topic for each in found} <= ({"NANP"} if "lerg" in line else set())


def test_each_line_is_told_once_for_each_topic(tmp_path: Path) -> None:
    text = "a\n  lerg_codes and lerg_codes\nlerg_codes\r\nsignup_method " + "x" * 200
    report = searched(write(tmp_path, {"b.sql": text, "a.py": "lerg_codes"}), [])
    assert places(report, "lerg_codes") == ["a.py:1", "b.sql:2", "b.sql:3"]
    assert [each.text for each in report.found if each.line == 2] == ["lerg_codes and lerg_codes"]
    assert max(len(each.text) for each in report.found) == 120


def test_all_that_belongs_to_the_application_is_searched(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        ".gitignore": "dist/\n",
        "dist/bundle.js": "lerg_codes",
        "committed.ts": "lerg_codes",
        "a name.ts": "lerg_codes",
        "latin.ts": b"caf\xe9 lerg_codes",
        "picture.png": b"\0lerg_codes",
        "package/inner.ts": "lerg_codes",
    }
    write(tmp_path, files)
    committed(tmp_path / "package")
    commit = committed(tmp_path)
    write(tmp_path, {"new.ts": "lerg_codes"})
    (tmp_path / "link.ts").symlink_to(tmp_path / "dist" / "bundle.js")
    report = searched(tmp_path, [])
    assert places(report, "lerg_codes") == [
        "a name.ts:1",
        "committed.ts:1",
        "latin.ts:1",
        "new.ts:1",
        "package/inner.ts:1",
    ]
    assert (report.commit, report.files) == (commit, 7)


def test_without_git_only_what_tools_bring_is_left_out(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "node_modules/x/a.js": "lerg_codes",
        "dist/b.js": "lerg_codes",
        ".github/c.yml": "lerg_codes",
    }
    report = searched(write(tmp_path, files), [])
    assert places(report, "lerg_codes") == [".github/c.yml:1", "dist/b.js:1"]
    assert report.commit is None


def test_the_digest_is_of_all_files_with_their_names(tmp_path: Path) -> None:
    digests = set()
    for name, content in (("a", "1"), ("a", "2"), ("b", "2")):
        write(tmp_path, {name: content})
        digests.add(checkout.digest(tmp_path))
    (tmp_path / "a").rename(tmp_path / "c")
    digests.add(checkout.digest(tmp_path))
    assert len(digests) == 4


def test_files_that_mean_something_else_are_in_nobodys_way(tmp_path: Path) -> None:
    write(tmp_path, {"src/sessions/a.ts": "user_agent", "src/b.ts": "user_agent, lerg_codes"})
    report = searched(tmp_path, ["src/sessions/*"])
    columns, table = (report.in_the_way(drop.topics) for drop in DROPS)
    assert [each.file for each in columns] == ["src/b.ts"]
    assert [each.file for each in table] == ["src/b.ts"]
    assert len(places(report, "user_agent")) == 2


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path


def test_the_report_is_told_and_written(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    app = write(root / "app", {"a.ts": "x\nlerg_codes"})
    commit = committed(app)
    assert main(["audit", "../app"]) == 0
    out = capsys.readouterr().out.splitlines()
    assert out == [
        f"Searched 1 files of {app} (commit {commit}, SHA-256 {checkout.digest(app)}).",
        "lerg_codes: 1",
        "  a.ts:2: lerg_codes",
        *(f"{topic}: nothing" for topic in list(TOPICS)[1:]),
        "dropProfileColumns: nothing is in the way.",
        "dropLegacyLerg: 1 places are in the way.",
        "The report lies in audit.json.",
    ]
    report = load()
    assert (report.commit, report.digest) == (commit, checkout.digest(app))
    assert report.found == searched(app, []).found


def file(root: Path) -> str:
    return str(write(root, {"a file": ""}) / "a file")


def empty(root: Path) -> str:
    (root / "empty").mkdir()
    return str(root / "empty")


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("no/such", "error: no/such is no folder; name the application's checkout\n"),
        (file, "a file is no folder; name the application's checkout\n"),
        (empty, "empty holds no file to search; name the application's checkout\n"),
    ],
)
def test_what_is_no_checkout_is_refused(
    root: Path, capsys: pytest.CaptureFixture[str], path: object, message: str
) -> None:
    assert main(["audit", path(root) if callable(path) else str(path)]) == 1
    assert capsys.readouterr().err.endswith(message)
    assert not REPORT.exists()


def test_a_pattern_without_findings_is_refused(root: Path) -> None:
    write(root / "app", {"src/a.ts": "user_agent", "src/b.ts": ""})
    for pattern in ("src/b.ts", "a.ts"):
        with pytest.raises(OperationError, match=f"--harmless {pattern} meets no file in which anything was"):
            searched(root / "app", ["src/*", pattern])


def test_a_report_that_cant_be_written_is_told(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(root / "app", {"a.ts": ""})
    REPORT.mkdir()
    assert main(["audit", "../app"]) == 1
    assert "run it in the project's folder" in capsys.readouterr().err


def test_every_consent_asks_for_topics_that_are_searched() -> None:
    asked = {topic for drop in DROPS for topic in drop.topics}
    assert asked <= TOPICS.keys()
