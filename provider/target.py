"""Which project this provider process works on, from the stack's config in its environment.

Configure's arguments come from the state during a refresh and may name yesterday's target, so connection
settings are taken from PULUMI_CONFIG alone; the arguments serve to notice the difference.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

import msgspec

from provider.errors import ProviderError

SANDBOX_TARGETS = Path(".sandbox/targets.json")
"""Written by the sandbox: how each of its projects is reached, by project reference."""


class _Reachable(msgspec.Struct):
    database_url: str


@dataclass(frozen=True)
class Target:
    """One Supabase project, and how to reach it."""

    kind: Literal["sandbox", "hosted"]
    environment: str
    project_ref: str
    database_url: str
    landmark: str
    """A table that the target must hold, or it is not the one that is meant."""
    printed: Path
    scratch: bool
    """A target whose objects may be destroyed."""
    configured: bool = True
    """Whether the URL is from the stack's config, and not the sandbox's own."""

    def __repr__(self) -> str:
        return f"{self.environment} ({self.project_ref}, {self.kind})"


def load_target(config: Mapping[str, str], root: Path) -> Target:
    """Read the target of a provider process from its config (bare keys) and the project's folder."""
    kind = _one_of(config, "target", ("sandbox", "hosted"))
    reference = _required(config, "projectRef")
    return Target(
        kind=cast(Literal["sandbox", "hosted"], kind),
        environment=_required(config, "environment"),
        project_ref=reference,
        database_url=config.get("databaseUrl") or _sandbox_url(root, reference, kind),
        landmark=config.get("landmark", "public.profiles"),
        printed=root / config.get("printed", "sql/printed.json"),
        scratch=_one_of(config, "scratch", ("false", "true")) == "true",
        configured=bool(config.get("databaseUrl")),
    )


def _sandbox_url(root: Path, reference: str, kind: str) -> str:
    if kind != "sandbox":
        raise ProviderError(
            "voip:databaseUrl is not set; set it with `pulumi config set --secret voip:databaseUrl`"
        )
    try:
        targets = msgspec.json.decode((root / SANDBOX_TARGETS).read_bytes(), type=dict[str, _Reachable])
    except FileNotFoundError:
        raise ProviderError("the sandbox has not been made yet; start it with `make sandbox`") from None
    except ValueError as error:
        raise ProviderError(
            f"{SANDBOX_TARGETS} is damaged ({error}); remove it, then run `make sandbox`"
        ) from None
    if reference not in targets:
        known = ", ".join(sorted(targets))
        raise ProviderError(
            f"voip:projectRef is {reference}, which the sandbox does not hold; it holds {known}"
        )
    return targets[reference].database_url


def _required(config: Mapping[str, str], key: str) -> str:
    if not config.get(key):
        raise ProviderError(f"voip:{key} is not set; set it with `pulumi config set voip:{key} VALUE`")
    return config[key]


def _one_of(config: Mapping[str, str], key: str, choices: tuple[str, ...]) -> str:
    value = config.get(key, choices[0])
    if value not in choices:
        raise ProviderError(f"voip:{key} is {value!r}; it must be one of {', '.join(choices)}")
    return value
