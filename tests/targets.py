"""The provider's target, as tests make it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from provider.target import Target


def target_of(project_ref: str, **given: Any) -> Target:
    """A project of the sandbox's that no one serves; what is given replaces its values."""
    values: dict[str, Any] = {
        "kind": "sandbox",
        "environment": "scratch",
        "database_url": "",
        "landmark": "auth.users",
        "printed": Path("printed.json"),
        "scratch": False,
    }
    return Target(project_ref=project_ref, **(values | given))


def production_of(project_ref: str, **given: Any) -> Target:
    """The same of one that holds users' profiles."""
    return target_of(project_ref, **({"environment": "production", "landmark": "public.profiles"} | given))
