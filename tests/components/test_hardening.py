"""Hardening as declarations: what it makes otherwise, from which phase on, and what it leaves."""

from __future__ import annotations

import pytest

from components.hardening import HARDENED, Hardening, hardened
from components.rollout import DOMAINS, component_of, declarations
from settings import LAST_PHASE
from tests.reached import CONSENTS, settings_of

AS_STAGING = settings_of(LAST_PHASE, *CONSENTS)
PLAIN = {declaration.key: declaration for _, declaration in declarations(AS_STAGING)}


@pytest.mark.parametrize("key", HARDENED)
def test_an_object_is_made_otherwise_from_its_phase_on(key: str) -> None:
    since, _ = HARDENED[key]
    plain, otherwise = PLAIN[key], hardened(PLAIN[key])
    for phase in range(LAST_PHASE + 1):
        if phase < since:
            assert otherwise.at(phase) == plain.at(phase)
        elif plain.at(phase):
            assert otherwise.at(phase) != plain.at(phase)
        else:
            assert otherwise.at(phase) is None
    assert (otherwise.until, otherwise.after) == (plain.until, plain.after)


@pytest.mark.parametrize("key", HARDENED)
def test_nothing_is_closed_later_than_it_comes(key: str) -> None:
    # What production was found with can be closed in phase 2, the first that changes anything, or later.
    since, _ = HARDENED[key]
    comes = min(PLAIN[key].versions)
    assert since == max(comes, 2) or (since, comes) == (4, 0)


def test_what_it_makes_otherwise_is_under_its_component_alone() -> None:
    settings = settings_of(LAST_PHASE, "hardening")
    for domain, declaration in declarations(settings):
        own = domain is Hardening or declaration.key in HARDENED
        assert (component_of(domain, declaration, settings) is Hardening) == own
        assert component_of(domain, declaration, AS_STAGING) is domain


def test_without_it_its_objects_are_declared_absent() -> None:
    own = Hardening.declarations(AS_STAGING)
    assert own
    for declaration in own:
        assert all(declaration.at(phase) is None for phase in range(LAST_PHASE + 1))


def test_it_stands_after_what_it_needs() -> None:
    assert DOMAINS[-1] is Hardening
