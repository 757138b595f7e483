from __future__ import annotations

import pytest

from engine.deployment.monitor import satisfies


@pytest.mark.parametrize(
    ("wanted", "satisfied"),
    [
        (">=3.0.0", True),
        (">=4.0.0", False),
        ("3.260.0", True),
        ("!3.260.0", False),
        (">=3.5.0 !3.7.7", True),
        (">=3.5.0 <3.200.0", False),
        ("<3.4.0 || >3.8.0", True),
        ("<=3.259.9 || =3.1.0", False),
    ],
)
def test_version_ranges(wanted: str, satisfied: bool) -> None:
    assert satisfies((3, 260, 0), wanted) is satisfied
