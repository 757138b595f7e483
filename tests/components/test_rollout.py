"""The declarations as a whole."""

from __future__ import annotations

import dataclasses

import pytest

from components.requirements import requirements
from components.rollout import PHASES, declarations
from settings import LAST_PHASE, Settings, load_settings
from tests.fix_rollout import CONSENTED
from tests.reached import CONSENTS, registered, settings_of

CAUTIOUS = load_settings({"voip:environment": "production"})
CONSENTING = dataclasses.replace(CAUTIOUS, drop_legacy_lerg=True, drop_profile_columns=True)


@pytest.mark.parametrize("settings", [CAUTIOUS, CONSENTING])
def test_each_object_is_declared_once(settings: Settings) -> None:
    keys = [declaration.key for _, declaration in declarations(settings)]
    assert sorted(keys) == sorted(set(keys))


@pytest.mark.parametrize("settings", [CAUTIOUS, CONSENTING])
def test_versions_of_an_object_keep_its_name(settings: Settings) -> None:
    for _, declaration in declarations(settings):
        assert len({(shape.token, shape.id) for shape in declaration.versions.values()}) == 1


@pytest.mark.parametrize("phase", range(LAST_PHASE + 1))
def test_what_an_object_needs_is_declared_before_it(phase: int) -> None:
    seen: set[str] = {"voip:postgres:Table::auth.users"}
    for _, declaration in declarations(CONSENTING):
        if shape := declaration.at(phase):
            # What is as it was found needs nothing that only its later version does.
            changed = phase >= max(declaration.versions)
            missing = {*requirements(shape), *(declaration.after if changed else ())} - seen
            assert not missing, f"{declaration.key} at phase {phase} needs {missing}"
            seen.add(declaration.key)


def test_without_consent_nothing_that_holds_data_goes() -> None:
    kept = {declaration.key for _, declaration in declarations(CAUTIOUS) if declaration.at(LAST_PHASE)}
    assert "voip:postgres:Table::public.lerg_codes" in kept
    (profiles,) = (
        declaration.at(LAST_PHASE)
        for _, declaration in declarations(CAUTIOUS)
        if declaration.key == "voip:postgres:Table::public.profiles"
    )
    assert profiles is not None
    assert {"user_agent", "signup_method"} <= profiles.wire()["columns"].keys()


def test_consents_change_nothing_before_their_phase() -> None:
    changed = [
        phase
        for phase in range(LAST_PHASE + 1)
        if list(registered(settings_of(phase, *CONSENTS))) != list(registered(settings_of(phase)))
    ]
    assert changed == list(range(CONSENTED, LAST_PHASE + 1))


def test_the_phases_are_numbered_without_a_gap() -> None:
    assert [phase.number for phase in PHASES] == list(range(LAST_PHASE + 1))
