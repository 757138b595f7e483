"""The program: every domain of the SaaS, as its stack's config wants it."""

import json
import os

import pulumi

from components.domain import Registered
from components.rollout import DOMAINS, PHASES
from settings import SettingsError, load_settings

try:
    settings = load_settings(json.loads(os.environ["PULUMI_CONFIG"]))
except SettingsError as error:
    raise pulumi.RunError(str(error)) from None

registered: Registered = {}
for domain in DOMAINS:
    domain(settings, registered)

pulumi.export("phase", f"{settings.phase} of {settings.goal}: {PHASES[settings.phase].title}")
