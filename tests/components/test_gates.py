"""Which gates a phase has, what they verify and which of them moves the target."""

from __future__ import annotations

import dataclasses

import pulumi
import pytest

from components.gates import confirmations, gates
from components.rollout import declarations
from components.steps import Progress
from provider.schema.rollout import Gate
from settings import LAST_PHASE, Settings, load_settings

GOAL = load_settings({"voip:environment": "production"})
HOSTED = load_settings({"voip:environment": "production", "voip:target": "hosted"})
DECLARED = list(declarations(GOAL))


def at(phase: int, settings: Settings = GOAL) -> Settings:
    return dataclasses.replace(settings, phase=phase)


def of(phase: int, completed: int, passages: int = 0) -> list[Gate]:
    return list(gates(at(phase), DECLARED, Progress(completed, passages), "production"))


def test_every_phase_so_far_has_its_gate() -> None:
    assert [(gate.name, gate.level) for gate in of(3, 2)] == [
        ("phase 0", 0),
        ("phase 1", 1),
        ("phase 2", 2),
        ("phase 3", 3),
    ]


@pytest.mark.parametrize(
    ("phase", "completed", "passage"), [(4, 3, 8), (3, 4, 8), (0, 8, 8), (4, 4, None), (8, 0, 8)]
)
def test_only_the_last_gate_moves_the_target(phase: int, completed: int, passage: int | None) -> None:
    *before, last = of(phase, completed, passages=7)
    assert [gate.passage for gate in before] == [None] * phase
    assert last.passage == passage


def test_a_gate_leads_back_to_the_phase_before() -> None:
    backs = [gate.back for gate in of(2, 1)]
    assert backs[2] == "pulumi config set phase 1 --stack production && pulumi up --stack production"


def test_each_object_is_verified_by_the_gates_of_its_phases() -> None:
    verified = {key for gate in of(LAST_PHASE, LAST_PHASE) for key in gate.subject}
    assert verified == {declaration.key for _, declaration in declarations(GOAL)}

    policy = "voip:postgres:Policy::public.profiles/select_own"
    assert {gate.level: gate.subject.get(policy) for gate in of(4, 4) if policy in gate.subject} == {
        0: "absent",
        4: "absent",
    }


def test_a_gate_verifies_an_object_as_the_phase_declares_it() -> None:
    profiles = "voip:postgres:Table::public.profiles"
    digests = [of(phase, phase)[2].subject[profiles] for phase in (2, 3, 4)]
    assert digests[0] == digests[1] != digests[2]


def asked(settings: Settings) -> list[str | None]:
    found = gates(settings, list(declarations(settings)), Progress(8, 0), "production")
    return [check.confirmed for gate in found for check in gate.checks if check.kind == "person"]


def test_people_are_asked_where_there_are_people() -> None:
    assert asked(GOAL) == []
    assert asked(HOSTED)
    assert set(asked(HOSTED)) == {None}


def test_what_somebody_confirmed_counts_everywhere() -> None:
    config = {"voip:environment": "production", "confirmed:5.real-card": "Dana Whitfield, 2025-11-02"}
    settings = load_settings(config)
    assert asked(settings) == ["Dana Whitfield, 2025-11-02"]
    told = confirmations(settings)
    assert told["5.real-card"] == "Dana Whitfield, 2025-11-02"
    assert told["3.nanp"].startswith("open: The application categorizes")
    assert not {item for item in confirmations(at(4, settings)) if item.startswith("5")}


def test_what_nobody_asks_for_cannot_be_confirmed() -> None:
    config = {"voip:environment": "production", "confirmed:5.real-crad": "Dana Whitfield, 2025-11-02"}
    with pytest.raises(pulumi.RunError, match=r"^confirmed:5\.real-crad is no item that a person confirms; "):
        confirmations(load_settings(config))
