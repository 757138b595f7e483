"""Which audit a step that drops something rests on, and what is said where there is none."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pulumi
import pytest

from components import checkout
from components.audit import REPORT, Finding, Report, refusal
from tests.reached import settings_of

LIVE = {
    "public.profiles": ["id", "user_agent", "signup_method"],
    "public.lerg_codes": ["id", "npa"],
}
COLUMNS = "voip-accelerator-infra:dropProfileColumns would drop user_agent, signup_method"
TABLE = "voip-accelerator-infra:dropLegacyLerg would drop lerg_codes"
NONE = ", and no audit tells that the application uses none of it; run `python -m operations audit PATH`"


@pytest.fixture
def live(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, list[str]]:
    """The tables that the target has; the working folder is an empty one."""
    monkeypatch.chdir(tmp_path)
    tables = dict(LIVE)
    monkeypatch.setattr(pulumi.runtime, "invoke", lambda *_: SimpleNamespace(value=tables))
    return tables


@pytest.fixture
def app(tmp_path: Path) -> Path:
    (tmp_path / "an app").mkdir()
    (tmp_path / "an app" / "a.ts").write_text("x", "utf-8")
    return tmp_path / "an app"


def audited(app: Path, *found: Finding, harmless: tuple[str, ...] = ()) -> None:
    report = Report(
        checkout=str(app),
        commit=None,
        at=datetime(2025, 11, 2, 12, 0, tzinfo=UTC),
        files=1,
        digest=checkout.digest(app),
        harmless=list(harmless),
        found=list(found),
    )
    REPORT.write_bytes(msgspec.json.encode(report))


@pytest.mark.usefixtures("live")
@pytest.mark.parametrize(
    ("phase", "consents", "says"),
    [
        (8, (), None),
        (6, ("dropLegacyLerg", "dropProfileColumns"), None),
        (7, ("dropLegacyLerg",), None),
        (7, ("dropProfileColumns",), COLUMNS),
        (8, ("dropProfileColumns",), COLUMNS),
        (8, ("dropLegacyLerg",), TABLE),
        (8, ("dropLegacyLerg", "dropProfileColumns"), COLUMNS),
    ],
)
def test_only_what_drops_needs_one(phase: int, consents: tuple[str, ...], says: str | None) -> None:
    told = refusal(settings_of(phase, *consents))
    assert told == (says and f"{says}{NONE}, then run the same command again")


def test_what_is_gone_needs_none(live: dict[str, list[str]]) -> None:
    settings = settings_of(8, "dropLegacyLerg", "dropProfileColumns")
    live["public.profiles"] = ["id"]
    told = refusal(settings)
    assert told is not None
    assert told.startswith(TABLE)
    del live["public.lerg_codes"]
    assert refusal(settings) is None


@pytest.mark.usefixtures("live")
def test_one_that_found_nothing_in_the_way_is_enough(app: Path) -> None:
    settings = settings_of(8, "dropLegacyLerg", "dropProfileColumns")
    sessions = Finding("user_agent", "src/sessions.ts", 3, "user_agent")
    audited(app, sessions, Finding("NANP", "a.ts", 1, "npa"), harmless=("src/sessions.ts",))
    assert refusal(settings) is None
    audited(app, sessions)
    told = refusal(settings)
    assert told == (
        f"{COLUMNS}, and the application speaks of it in 1 places, first src/sessions.ts:3; correct them, or "
        f"tell files that mean something else with --harmless, and audit it again with `python -m operations "
        f"audit '{app}'`, then run the same command again"
    )
    # What speaks of the columns says nothing about the table.
    assert refusal(settings_of(8, "dropLegacyLerg")) is None


@pytest.mark.usefixtures("live")
@pytest.mark.parametrize("change", ["content", "another file", "gone"])
def test_one_of_another_checkout_is_none(app: Path, change: str) -> None:
    audited(app)
    match change:
        case "content":
            (app / "a.ts").write_text("y", "utf-8")
        case "another file":
            (app / "b.ts").write_text("", "utf-8")
        case _:
            app.rename(app.with_name("elsewhere"))
    told = refusal(settings_of(8, "dropLegacyLerg"))
    assert told is not None
    assert told.startswith(f"{TABLE}, and {app} is not as it was audited at 2025-11-02 12:00 UTC; audit the")


@pytest.mark.usefixtures("live")
@pytest.mark.parametrize("content", ["", "{}", "[]", '{"checkout": 3}', "\udcff"])
def test_a_damaged_one_is_none(content: str) -> None:
    REPORT.write_bytes(content.encode("utf-8", "surrogateescape"))
    told = refusal(settings_of(8, "dropLegacyLerg"))
    assert told is not None
    assert told.startswith("audit.json is no report of an audit (")
    assert told.endswith(
        "); make another with `python -m operations audit PATH`, then run the same command again"
    )
