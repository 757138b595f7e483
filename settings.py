"""What a stack's config says, checked once: all that is wrong is told together."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self, TypeVar

LAST_PHASE = 8
PROJECT = "voip-accelerator-infra"
PROVIDER = "voip"
CONFIRMED = "confirmed"
"""The namespace of what people confirm: an item of a list, with who saw it and when."""

PROVIDER_KEYS = frozenset(
    {
        "accessToken",
        "allowedOrigins",
        "databaseCa",
        "databaseUrl",
        "environment",
        "jwtSecret",
        "landmark",
        "lergApiKey",
        "longLocks",
        "printed",
        "projectRef",
        "region",
        "scratch",
        "sessionSecret",
        "stripeKey",
        "stripeMode",
        "stripeTrial",
        "target",
    }
)

FUNCTION_GROUPS = ("debug", "deprecated", "legacy", "organization")
"""Edge functions that a stack may do without."""

T = TypeVar("T")


class SettingsError(Exception):
    """The stack's config can't be used; one line for each key that is wrong."""


_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_WINDOW = re.compile(rf"({'|'.join(_DAYS)}) ([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d) UTC")
_DAY = 24 * 60
_WEEK = 7 * _DAY


@dataclass(frozen=True)
class Window:
    """A time of the week."""

    text: str
    """As the config has it, e.g. `Sat 22:00-04:00 UTC`; one that ends before it begins ends the next day."""
    begin: int
    """Minutes since Monday 00:00 UTC."""
    minutes: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a window; raises ValueError with what is wanted."""
        if not (found := _WINDOW.fullmatch(text)):
            raise ValueError("a day and two times, e.g. Sat 22:00-04:00 UTC")
        first, last = int(found[2]) * 60 + int(found[3]), int(found[4]) * 60 + int(found[5])
        return cls(text, _DAYS.index(found[1]) * _DAY + first, (last - first) % _DAY or _DAY)

    def holds(self, moment: datetime) -> bool:
        """Whether a moment lies in the window."""
        moment = moment.astimezone(UTC)
        minute = moment.weekday() * _DAY + moment.hour * 60 + moment.minute
        return (minute - self.begin) % _WEEK < self.minutes


@dataclass(frozen=True)
class Confirmation:
    """What only a person can tell: who saw it, and on which day."""

    who: str
    when: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a confirmation; raises ValueError with what is wanted."""
        who, _, when = (part.strip() for part in text.rpartition(","))
        try:
            datetime.strptime(when, "%Y-%m-%d").replace(tzinfo=UTC)
        except ValueError:
            who = ""
        if not who:
            raise ValueError("who saw it and when, e.g. Dana Whitfield, 2025-11-02")
        return cls(who, when)


@dataclass(frozen=True)
class Settings:
    """The values by which environments differ."""

    environment: str
    hosted: bool
    """Whether the target is a hosted project, which has users."""
    goal: int
    """The phase that a preview shows and the rollout leads to."""
    phase: int
    """The phase declared now: the goal, unless the config narrows it."""
    stepping: bool
    """Whether the config names the phase, as an update must and a preview need not."""
    found: int
    """The phase that the environment had reached by itself when it was adopted."""
    drop_legacy_lerg: bool
    """Consent to drop `lerg_codes` with its rows."""
    drop_profile_columns: bool
    """Consent to drop `profiles.user_agent` and `profiles.signup_method` with what they hold."""
    project_ref: str
    """The Supabase project whose functions Stripe tells."""
    replace_webhook: bool
    """Consent to have the webhook endpoint replaced, and with it its signing secret."""
    overwrite_rows: bool
    """Consent to put back reference rows that somebody changed."""
    hardening: bool
    """Whether what staging's own design leaves open is closed."""
    monitoring: bool
    """Whether there are views of what monitoring looks at."""
    excluded_functions: frozenset[str]
    """Groups of edge functions that the environment must not serve."""
    left_alone: frozenset[str]
    """Keys of what is live, known and nobody's to declare."""
    has_jwt_secret: bool
    """Whether functions know the secret that signs users' tokens; a project may have public keys instead."""
    has_lerg_api_key: bool
    """Whether area codes come from somebody's API, which asks for a key."""
    update_window: Window | None
    """When a hosted target may be moved forward; None for at any time."""
    backup_folder: str
    """Where backups lie, seen from the project's folder."""
    backup_hours: int
    """How old a backup may be ahead of a step."""
    backup_keep: int
    """How many backups of each part are kept."""
    confirmed: Mapping[str, Confirmation]
    """What people have confirmed, by the item of a verification list."""


def load_settings(config: Mapping[str, str]) -> Settings:
    """Read the settings from a stack's whole config, keys as `namespace:key`."""
    reader = _Reader(config)
    goal = reader.take("goal", _phase, LAST_PHASE)
    settings = Settings(
        environment=reader.required(f"{PROVIDER}:environment"),
        hosted=config.get(f"{PROVIDER}:target") == "hosted",
        goal=goal,
        phase=reader.take("phase", _phase, goal),
        stepping=f"{PROJECT}:phase" in config,
        found=reader.take("found", _phase, 0),
        drop_legacy_lerg=reader.take("dropLegacyLerg", _flag, False),
        drop_profile_columns=reader.take("dropProfileColumns", _flag, False),
        project_ref=config.get(f"{PROVIDER}:projectRef", ""),
        replace_webhook=reader.take("replaceWebhook", _flag, False),
        overwrite_rows=reader.take("overwriteRows", _flag, False),
        hardening=reader.take("hardening", _flag, False),
        monitoring=reader.take("monitoring", _flag, False),
        excluded_functions=reader.take("excludedFunctions", _groups, frozenset()),
        left_alone=reader.take("leftAlone", _listed, frozenset()),
        has_jwt_secret=reader.has("jwtSecret"),
        has_lerg_api_key=reader.has("lergApiKey"),
        update_window=reader.take("updateWindow", Window.parse, None),
        backup_folder=reader.take("backupFolder", str, "backups"),
        backup_hours=reader.take("backupHours", _positive, 24),
        backup_keep=reader.take("backupKeep", _positive, 5),
        confirmed=reader.confirmations(),
    )
    reader.finish(settings)
    return settings


class _Reader:
    """Takes values out of a config, and remembers what was wrong and what was never asked for."""

    def __init__(self, config: Mapping[str, str]) -> None:
        self._config = config
        self._known = {f"{PROVIDER}:{key}" for key in PROVIDER_KEYS}
        self._problems: list[str] = []

    def required(self, key: str) -> str:
        if key not in self._config:
            self._problems.append(f"{key} is not set; set it with `pulumi config set {key} VALUE`")
        return self._config.get(key, "")

    def take(self, name: str, parse: Callable[[str], T], default: T) -> T:
        key = f"{PROJECT}:{name}"
        self._known.add(key)
        return self._parsed(key, parse, default) if key in self._config else default

    def has(self, name: str) -> bool:
        """Whether the provider has a value: a sandbox has all of them."""
        hosted = self._config.get(f"{PROVIDER}:target") == "hosted"
        return not hosted or f"{PROVIDER}:{name}" in self._config

    def confirmations(self) -> dict[str, Confirmation]:
        """Every confirmation, by its item; whether there is such an item is not for settings to know."""
        items = {key: key.removeprefix(f"{CONFIRMED}:") for key in sorted(self._config)}
        parsed = {
            item: self._parsed(key, Confirmation.parse, None) for key, item in items.items() if item != key
        }
        return {item: confirmation for item, confirmation in parsed.items() if confirmation}

    def _parsed(self, key: str, parse: Callable[[str], T], default: T) -> T:
        try:
            return parse(self._config[key])
        except ValueError as error:
            self._problems.append(f"{key} is {self._config[key]!r}; it must be {error}")
            return default

    def finish(self, settings: Settings) -> None:
        ours = (f"{PROJECT}:", f"{PROVIDER}:")
        for key in sorted(self._config):
            if key.startswith(ours) and key not in self._known:
                self._problems.append(f"{key} is not a setting; {self._suggestion(key)}")
        if settings.phase > settings.goal:
            self._problems.append(
                f"{PROJECT}:phase is {settings.phase}, past the goal {settings.goal}; raise the goal too"
            )
        if self._problems:
            raise SettingsError("\n".join(self._problems))

    def _suggestion(self, key: str) -> str:
        # By the name alone: a key in the other namespace is a mistake to be pointed out too.
        by_name = {known.partition(":")[2]: known for known in self._known}
        if close := difflib.get_close_matches(key.partition(":")[2], by_name, n=1):
            return f"did you mean {by_name[close[0]]}?"
        return f"known are {', '.join(sorted(self._known))}"


def _phase(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > LAST_PHASE:
        raise ValueError(f"a whole number from 0 to {LAST_PHASE}")
    return int(text)


def _listed(text: str) -> frozenset[str]:
    return frozenset(name.strip() for name in text.split(",") if name.strip())


def _groups(text: str) -> frozenset[str]:
    groups = _listed(text)
    if groups - set(FUNCTION_GROUPS):
        raise ValueError(f"some of {', '.join(FUNCTION_GROUPS)}, with commas between them")
    return groups


def _positive(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise ValueError("a whole number from 1")
    return int(text)


def _flag(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError("true or false")
    return text == "true"
