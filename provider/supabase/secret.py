"""The secrets that functions find in their environment."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from provider.differences import Difference
from provider.errors import NotAsWantedError, PropertyError, ProviderError
from provider.schema.supabase import Secret
from provider.supabase.deployed import Deployed


class SecretKind:
    """Sets a secret, and tells by its digest whether it is the right one; a value is never read back."""

    shape = Secret

    def __init__(self, deployed: Deployed, config: Mapping[str, str]) -> None:
        self._deployed = deployed
        self._config = config

    def check(self, wanted: Secret) -> Secret:
        """The declared secret, whose value comes from one place."""
        if wanted.config is None:
            return Secret(name=wanted.name, value=_joined(wanted) or None)
        if wanted.config not in self._config:
            known = ", ".join(sorted(self._config))
            raise PropertyError("config", f"no secret is in voip:{wanted.config}; they are in {known}")
        if wanted.value is not None:
            raise PropertyError("value", f"the secret {wanted.name} has its value in voip:{wanted.config}")
        return Secret(name=wanted.name, config=wanted.config)

    def diff(self, live: Secret, wanted: Secret) -> list[Difference]:
        """Whether the live value is another one than is known."""
        value = self._value(wanted)
        same = not value or live.digest == hashlib.sha256(value.encode()).hexdigest()
        return [] if same else [Difference("value", "update")]

    def read(self, identifier: str, known: Secret | None) -> Secret | None:
        """What is told of the live secret."""
        digest = self._deployed.secrets().get(identifier)
        return None if digest is None else Secret(name=identifier, digest=digest)

    def create(self, wanted: Secret) -> Secret:
        """Set the secret, or take over one with that value; one with another value is refused."""
        live = self.read(wanted.id, None)
        if live and self.diff(live, wanted):
            raise ProviderError(
                f"the secret {wanted.id} is set already, to another value; take it over with "
                "`python -m operations adopt --stack STACK`, then look at the preview again"
            )
        return live or self._set(wanted)

    def update(self, live: Secret, wanted: Secret) -> Secret:
        """Set the secret to another value; functions have it from their next start on."""
        return self._set(wanted)

    def delete(self, live: Secret, scratch: bool) -> None:
        """Forget a secret that is gone. One that is set is deleted from scratch targets alone."""
        if live.id not in self._deployed.secrets():
            return
        if not scratch:
            raise ProviderError(
                f"the secret {live.id} is set and not declared as retired, so it is kept; "
                "take it out of the state with `pulumi state delete`"
            )
        self.remove(live.id)

    def remove(self, identifier: str) -> None:
        """Take a secret away."""
        self._deployed.before_change()
        self._deployed.management.delete_secret(identifier)
        self._deployed.note_secret(identifier, None)

    def _set(self, wanted: Secret) -> Secret:
        value = self._value(wanted)
        if not value:
            raise ProviderError(_unknown_message(wanted))
        self._deployed.before_change()
        self._deployed.management.set_secret(wanted.name, value)
        told = self._deployed.management.secrets().get(wanted.name)
        self._deployed.note_secret(wanted.name, told)
        live = Secret(name=wanted.name, digest=told)
        if self.diff(live, wanted):
            raise NotAsWantedError(live, f"the secret {wanted.id} is not what it was set to; run it again")
        return live

    def _value(self, wanted: Secret) -> str:
        return self._config[wanted.config] if wanted.config else _joined(wanted)


def _joined(secret: Secret) -> str:
    parts = secret.value if isinstance(secret.value, list) else [secret.value or ""]
    return ",".join(filter(None, parts))


def _unknown_message(wanted: Secret) -> str:
    if wanted.config:
        step = f"set it with `pulumi config set --secret voip:{wanted.config}`"
    else:
        step = "what makes it was adopted, and nobody tells it again: have that replaced"
    return f"the secret {wanted.id} has no value, and functions that read it would not run; {step}"
