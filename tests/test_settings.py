"""The stack's settings: values, defaults, and all errors together."""

from __future__ import annotations

import pytest

from settings import Settings, SettingsError, load_settings

MINIMAL = {"voip:environment": "production"}


def ours(**values: str) -> dict[str, str]:
    return {**MINIMAL, **{f"voip-accelerator-infra:{name}": value for name, value in values.items()}}


def test_defaults_lead_to_the_last_phase_with_no_consent() -> None:
    assert load_settings(MINIMAL) == Settings(
        environment="production",
        goal=8,
        phase=8,
        found=0,
        drop_legacy_lerg=False,
        drop_profile_columns=False,
        project_ref="",
        replace_webhook=False,
        overwrite_rows=False,
        hardening=False,
    )


def test_a_phase_narrows_the_goal() -> None:
    settings = load_settings(ours(goal="6", phase="3"))
    assert (settings.goal, settings.phase) == (6, 3)


def test_other_namespaces_are_not_ours_to_judge() -> None:
    assert load_settings({**MINIMAL, "pulumi:disable-default-providers": "[]"}).goal == 8


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"goal": "9"}, "voip-accelerator-infra:goal is '9'; it must be a whole number from 0 to 8"),
        ({"goal": "two"}, "voip-accelerator-infra:goal is 'two'; it must be a whole number from 0 to 8"),
        ({"phase": "-1"}, "voip-accelerator-infra:phase is '-1'; it must be a whole number from 0 to 8"),
        ({"phase": "٣"}, "voip-accelerator-infra:phase is '٣'; it must be a whole number from 0 to 8"),
        (
            {"dropLegacyLerg": "yes"},
            "voip-accelerator-infra:dropLegacyLerg is 'yes'; it must be true or false",
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


def test_all_that_is_wrong_is_told_together() -> None:
    with pytest.raises(SettingsError) as raised:
        load_settings({"voip-accelerator-infra:goal": "x", "voip:enviroment": "production"})
    lines = str(raised.value).splitlines()
    assert len(lines) == 3
    assert any("voip:environment is not set" in line for line in lines)
