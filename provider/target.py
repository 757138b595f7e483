"""Which project this provider process works on, from the stack's config in its environment.

Configure's arguments come from the state during a refresh and may name yesterday's target, so connection
settings are taken from PULUMI_CONFIG alone; the arguments serve to notice the difference.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, cast

import msgspec
import psycopg

from provider.errors import ProviderError

SANDBOX_TARGETS = Path(".sandbox/targets.json")
"""Written by the sandbox: how each of its projects is reached, by project reference."""


MANAGEMENT_URL = "https://api.supabase.com"
FUNCTIONS_PATH = "/functions/v1"

SECRETS = ("allowedOrigins", "jwtSecret", "lergApiKey", "sessionSecret", "stripeKey")
"""The keys whose values functions find in their environment."""


class _Reachable(msgspec.Struct):
    database_url: str
    management_url: str
    access_token: str
    api_url: str = ""
    """Where the project's functions are; empty where nobody serves them."""
    stripe_url: str = ""
    stripe_key: str = ""
    secrets: dict[str, str] = {}


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
    long_locks: bool = False
    """Consent to changes for which users must wait until every row of a table has been gone through."""
    configured: bool = True
    """Whether the database's URL is from the stack's config, and not the sandbox's own."""
    functions: Path = Path("functions")
    """The folder of the edge functions' sources."""
    management_url: str = MANAGEMENT_URL
    access_token: str = ""
    """Empty where none is set, which only matters to who asks the API."""
    functions_url: str = ""
    """Where the functions are served; empty where nobody serves them."""
    stripe_url: str = ""
    """Empty for Stripe itself."""
    stripe_key: str = ""
    """Empty where none is set, which only matters to who asks Stripe."""
    stripe_mode: Literal["live", "test"] = "test"
    """The mode of the keys that the environment takes."""
    stripe_trial: bool = False
    """Whether a test key may stand in for a live one for a while."""
    secrets: Mapping[str, str] = field(default_factory=lambda: dict.fromkeys(SECRETS, ""))
    """What functions find in their environment, by config key; empty where none is set."""

    def __repr__(self) -> str:
        return f"{self.environment} ({self.project_ref}, {self.kind})"


def load_target(config: Mapping[str, str], root: Path) -> Target:
    """Read the target of a provider process from its config (bare keys) and the project's folder."""
    kind = _one_of(config, "target", ("sandbox", "hosted"))
    reference = _required(config, "projectRef")
    environment = _required(config, "environment")
    reached = _in_sandbox(root, reference, config) if kind == "sandbox" else _hosted(config, root)
    known = {**reached.secrets, "stripeKey": reached.stripe_key}
    return Target(
        kind=cast(Literal["sandbox", "hosted"], kind),
        environment=environment,
        project_ref=reference,
        database_url=reached.database_url,
        landmark=config.get("landmark", "public.profiles"),
        printed=root / config.get("printed", "sql/printed.json"),
        scratch=_flag(config, "scratch"),
        long_locks=_flag(config, "longLocks"),
        configured=bool(config.get("databaseUrl")),
        functions=root / "functions",
        management_url=reached.management_url,
        access_token=reached.access_token,
        functions_url=f"{reached.api_url}{FUNCTIONS_PATH}" if reached.api_url else "",
        stripe_url=reached.stripe_url,
        stripe_key=config.get("stripeKey") or reached.stripe_key,
        stripe_mode=cast(Literal["live", "test"], _one_of(config, "stripeMode", ("test", "live"))),
        stripe_trial=_one_of(config, "stripeTrial", ("false", "true")) == "true",
        secrets={key: config.get(key) or known.get(key, "") for key in SECRETS},
    )


def _hosted(config: Mapping[str, str], root: Path) -> _Reachable:
    from provider.keeping import keeping_problem  # what it reads with, the sandbox need not wait for

    if problem := keeping_problem(root):
        raise ProviderError(problem)
    if not config.get("databaseUrl"):
        raise ProviderError(
            "voip:databaseUrl is not set; set it with `pulumi config set --secret voip:databaseUrl`"
        )
    api = f"https://{config['projectRef']}.supabase.co"
    url = _proven(config["databaseUrl"], _certificate(config, root))
    return _Reachable(url, MANAGEMENT_URL, config.get("accessToken", ""), api)


def _certificate(config: Mapping[str, str], root: Path) -> Path:
    step = "download it from the database settings of the project, under SSL configuration"
    if not (name := config.get("databaseCa")):
        raise ProviderError(
            f"voip:databaseCa is not set, and without that certificate any server could answer; "
            f"{step}, and set its path with `pulumi config set voip:databaseCa FILE`"
        )
    if not (file := root / name).is_file():
        raise ProviderError(f"voip:databaseCa is {name}, and there is no such file; {step}, to that place")
    return file


def _proven(url: str, certificate: Path) -> str:
    """The same database, which must prove that it is the one named."""
    try:
        return psycopg.conninfo.make_conninfo(url, sslmode="verify-full", sslrootcert=str(certificate))
    except psycopg.ProgrammingError:
        return url  # whoever connects tells what is wrong with it


def _in_sandbox(root: Path, reference: str, config: Mapping[str, str]) -> _Reachable:
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
    found = targets[reference]
    return msgspec.structs.replace(found, database_url=config.get("databaseUrl") or found.database_url)


def _required(config: Mapping[str, str], key: str) -> str:
    if not config.get(key):
        raise ProviderError(f"voip:{key} is not set; set it with `pulumi config set voip:{key} VALUE`")
    return config[key]


def _flag(config: Mapping[str, str], key: str) -> bool:
    return _one_of(config, key, ("false", "true")) == "true"


def _one_of(config: Mapping[str, str], key: str, choices: tuple[str, ...]) -> str:
    value = config.get(key, choices[0])
    if value not in choices:
        raise ProviderError(f"voip:{key} is {value!r}; it must be one of {', '.join(choices)}")
    return value
