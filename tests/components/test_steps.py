"""Which steps an update may take, and what is said of those that it may not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from components.steps import refusal
from settings import PROJECT, Settings, load_settings

SATURDAY_NIGHT = datetime(2025, 11, 1, 23, 30, tzinfo=UTC)
MONDAY_MORNING = datetime(2025, 11, 3, 9, 0, tzinfo=UTC)


def settings(**values: str) -> Settings:
    ours = {f"{PROJECT}:{name}": value for name, value in values.items() if name != "target"}
    target = {"voip:target": values["target"]} if "target" in values else {}
    return load_settings({"voip:environment": "production", **target, **ours})


@pytest.mark.parametrize(
    ("phase", "completed"),
    [("1", 0), ("4", 3), ("4", 4), ("3", 4), ("0", 8), ("8", 8), ("8", 7)],
)
def test_one_forward_or_any_number_back(phase: str, completed: int) -> None:
    assert refusal(settings(phase=phase), completed, "production", MONDAY_MORNING) is None


@pytest.mark.parametrize(
    ("values", "completed", "message"),
    [
        (
            {},
            3,
            f"{PROJECT}:phase is not set, and production has completed phase 3; take the next step with "
            "`pulumi config set phase 4 --stack production && pulumi up --stack production`",
        ),
        (
            {"phase": "2"},
            0,
            f"{PROJECT}:phase is 2, and production has completed phase 0; an update moves one phase "  # noqa: S608
            "forward: `pulumi config set phase 1 --stack production && pulumi up --stack production`",
        ),
        ({"phase": "8"}, 6, f"{PROJECT}:phase is 8, and production has completed phase 6; an update moves"),
    ],
)
def test_a_jump_is_refused_with_what_to_type(values: dict[str, str], completed: int, message: str) -> None:
    told = refusal(settings(**values), completed, "production", MONDAY_MORNING)
    assert told is not None
    assert told.startswith(message)


def test_where_there_is_no_step_to_take_none_need_be_named() -> None:
    assert refusal(settings(), 8, "staging", MONDAY_MORNING) is None
    assert refusal(settings(goal="6"), 6, "staging", MONDAY_MORNING) is None
    assert refusal(settings(goal="6"), 8, "staging", MONDAY_MORNING) is not None


WINDOW = {"updateWindow": "Sat 22:00-04:00 UTC", "phase": "4"}


@pytest.mark.parametrize(
    ("target", "completed", "moment", "allowed"),
    [
        ("hosted", 3, SATURDAY_NIGHT, True),
        ("hosted", 3, SATURDAY_NIGHT + timedelta(hours=4), True),
        ("hosted", 3, SATURDAY_NIGHT + timedelta(hours=5), False),
        ("hosted", 3, SATURDAY_NIGHT.astimezone(timezone(timedelta(hours=-7))), True),
        ("hosted", 3, MONDAY_MORNING, False),
        ("hosted", 4, MONDAY_MORNING, False),
        ("hosted", 5, MONDAY_MORNING, True),
        ("sandbox", 3, MONDAY_MORNING, True),
    ],
)
def test_a_hosted_target_moves_forward_in_its_window_alone(
    target: str, completed: int, moment: datetime, allowed: bool
) -> None:
    told = refusal(settings(target=target, **WINDOW), completed, "production", moment)
    assert (told is None) == allowed, told
    if told:
        assert told.startswith("production may be updated Sat 22:00-04:00 UTC, and it is ")
