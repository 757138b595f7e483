"""The program: every domain of the SaaS, as its stack's config wants it."""

import json
import os
from datetime import UTC, datetime

import pulumi

from components.gates import Rollout, confirmations
from components.rollout import PHASES, register
from components.steps import progress, refusal
from settings import SettingsError, load_settings

try:
    settings = load_settings(json.loads(os.environ["PULUMI_CONFIG"]))
except SettingsError as error:
    raise pulumi.RunError(str(error)) from None

reached = progress(settings)
problem = refusal(settings, reached.completed, pulumi.get_stack(), datetime.now(UTC))
if problem and not pulumi.runtime.is_dry_run():
    raise pulumi.RunError(problem)

Rollout(settings, register(settings), reached)

pulumi.export("phase", f"{settings.phase} of {settings.goal}: {PHASES[settings.phase].title}")
pulumi.export("confirmations", confirmations(settings))
