"""The program: every domain of the SaaS, as its stack's config wants it."""

import json
import os
from datetime import UTC, datetime

import pulumi

from components import audit, backup
from components.gates import Rollout, confirmations
from components.rollout import PHASES, declarations, register
from components.steps import progress, refusal
from settings import SettingsError, load_settings

try:
    settings = load_settings(json.loads(os.environ["PULUMI_CONFIG"]))
except SettingsError as error:
    raise pulumi.RunError(str(error)) from None

stack = pulumi.get_stack()
declared = list(declarations(settings))
# A preview may look anywhere, and to tell whether a backup is whole takes reading all of it.
if not pulumi.runtime.is_dry_run():
    step = (settings, progress(settings).completed, stack, datetime.now(UTC))
    if problem := refusal(*step) or audit.refusal(settings) or backup.refusal(*step):
        raise pulumi.RunError(problem)

registered = register(settings, declared)
# Only now, since the answer waits until what is live has been read: a preview's program works meanwhile.
reached = progress(settings)
backups = backup.Backup(stack).commands if backup.is_due(settings, reached) else []
Rollout(settings, declared, registered, reached, backups)

pulumi.export("phase", f"{settings.phase} of {settings.goal}: {PHASES[settings.phase].title}")
pulumi.export("confirmations", confirmations(settings))
