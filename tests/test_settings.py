"""The stack's settings: values, defaults, and all errors together."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from settings import Confirmation, Settings, SettingsError, Window, load_settings

MINIMAL = {"voip:environment": "production"}


def ours(**values: str) -> dict[str, str]:
    return {**MINIMAL, **{f"voip-accelerator-infra:{name}": value for name, value in values.items()}}


def test_defaults_lead_to_the_last_phase_with_no_consent() -> None:
    assert load_settings(MINIMAL) == Settings(
        environment="production",
        hosted=False,
        goal=8,
        phase=8,
        stepping=False,
        found=0,
        drop_legacy_lerg=False,
        drop_profile_columns=False,
        project_ref="",
        replace_webhook=False,
        overwrite_rows=False,
        hardening=False,
        monitoring=False,
        excluded_functions=frozenset(),
        left_alone=frozenset(),
        has_jwt_secret=True,
        has_lerg_api_key=True,
        update_window=None,
        backup_folder="backups",
        backup_hours=24,
        backup_keep=5,
        confirmed={},
    )


def test_groups_of_functions_are_excluded_by_name() -> None:
    assert load_settings(ours(excludedFunctions="debug, legacy,")).excluded_functions == {"debug", "legacy"}


def test_a_hosted_project_has_the_secrets_that_its_config_names() -> None:
    settings = load_settings({**MINIMAL, "voip:target": "hosted", "voip:lergApiKey": "canary"})
    assert (settings.has_jwt_secret, settings.has_lerg_api_key) == (False, True)


def test_a_phase_narrows_the_goal() -> None:
    settings = load_settings(ours(goal="6", phase="3"))
    assert (settings.goal, settings.phase, settings.stepping) == (6, 3, True)


def test_other_namespaces_are_not_ours_to_judge() -> None:
    assert load_settings({**MINIMAL, "pulumi:disable-default-providers": "[]"}).goal == 8


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"goal": "9"}, "voip-accelerator-infra:goal is '9'; it must be a whole number from 0 to 8"),
        (
            {"excludedFunctions": "debug, tests"},
            "voip-accelerator-infra:excludedFunctions is 'debug, tests'; it must be some of debug, "
            "deprecated, legacy, organization, with commas between them",
        ),
        ({"goal": "two"}, "voip-accelerator-infra:goal is 'two'; it must be a whole number from 0 to 8"),
        ({"phase": "-1"}, "voip-accelerator-infra:phase is '-1'; it must be a whole number from 0 to 8"),
        ({"phase": "٣"}, "voip-accelerator-infra:phase is '٣'; it must be a whole number from 0 to 8"),
        (
            {"dropLegacyLerg": "yes"},
            "voip-accelerator-infra:dropLegacyLerg is 'yes'; it must be true or false",
        ),
        (
            {"updateWindow": "Saturday night"},
            "voip-accelerator-infra:updateWindow is 'Saturday night'; it must be a day and two times, "
            "e.g. Sat 22:00-04:00 UTC",
        ),
        ({"updateWindow": "Sat 22:00-24:30 UTC"}, "it must be a day and two times"),
        ({"backupHours": "0"}, "voip-accelerator-infra:backupHours is '0'; it must be a whole number from 1"),
        (
            {"backupKeep": "all"},
            "voip-accelerator-infra:backupKeep is 'all'; it must be a whole number from 1",
        ),
        ({"phase": "5", "goal": "4"}, "voip-accelerator-infra:phase is 5, past the goal 4"),
        (
            {"gaol": "8"},
            "voip-accelerator-infra:gaol is not a setting; did you mean voip-accelerator-infra:goal?",
        ),
        ({"scratch": "true"}, "voip-accelerator-infra:scratch is not a setting; did you mean voip:scratch?"),
        ({"colour": "red"}, "voip-accelerator-infra:colour is not a setting; known are "),
    ],
)
def test_a_wrong_value_is_named_with_what_is_wanted(values: dict[str, str], message: str) -> None:
    with pytest.raises(SettingsError) as raised:
        load_settings(ours(**values))
    assert message in str(raised.value)


@pytest.mark.parametrize(
    ("text", "begin", "minutes"),
    [
        ("Mon 00:00-01:00 UTC", 0, 60),
        ("Sat 22:00-04:00 UTC", 5 * 24 * 60 + 22 * 60, 6 * 60),
        ("Sun 23:30-23:30 UTC", 6 * 24 * 60 + 23 * 60 + 30, 24 * 60),
    ],
)
def test_a_window_may_end_the_next_day(text: str, begin: int, minutes: int) -> None:
    window = load_settings(ours(updateWindow=text)).update_window
    assert window == Window(text, begin, minutes)


@pytest.mark.parametrize(
    ("minute", "inside"), [(-1, False), (0, True), (59, True), (60, False), (7 * 24 * 60, True)]
)
def test_a_window_holds_its_first_minute_and_not_the_one_after(minute: int, inside: bool) -> None:
    monday = datetime(2025, 11, 3, tzinfo=UTC)
    assert Window.parse("Mon 00:00-01:00 UTC").holds(monday + timedelta(minutes=minute)) == inside


def test_a_confirmation_tells_who_and_when() -> None:
    settings = load_settings({**MINIMAL, "confirmed:5.real-card": "Whitfield, Dana, 2025-11-02"})
    assert settings.confirmed == {"5.real-card": Confirmation("Whitfield, Dana", "2025-11-02")}


@pytest.mark.parametrize(
    "text", ["", "Dana", "2025-11-02", ", 2025-11-02", "Dana, yesterday", "D, 2025-13-01"]
)
def test_a_confirmation_without_either_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match=r"^confirmed:5\.real-card is .*; it must be who saw it and when"):
        load_settings({**MINIMAL, "confirmed:5.real-card": text})


def test_all_that_is_wrong_is_told_together() -> None:
    with pytest.raises(SettingsError) as raised:
        load_settings({"voip-accelerator-infra:goal": "x", "voip:enviroment": "production"})
    lines = str(raised.value).splitlines()
    assert len(lines) == 3
    assert any("voip:environment is not set" in line for line in lines)
