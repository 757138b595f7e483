"""The program: every domain of the SaaS, as its stack's config wants it."""

import json
import os

import pulumi

from components.rollout import PHASES, register
from settings import SettingsError, load_settings

try:
    settings = load_settings(json.loads(os.environ["PULUMI_CONFIG"]))
except SettingsError as error:
    raise pulumi.RunError(str(error)) from None

register(settings)

pulumi.export("phase", f"{settings.phase} of {settings.goal}: {PHASES[settings.phase].title}")
