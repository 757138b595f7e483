"""The way from what production was found to be to the goal, and the domains that it moves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from components.access import Access
from components.billing import Billing
from components.declaration import Declaration
from components.domain import Domain
from components.identity import Identity
from components.lerg import Lerg
from components.sessions import Sessions
from components.usage import Usage
from settings import Settings


@dataclass(frozen=True)
class Phase:
    """One step of the rollout."""

    number: int
    title: str


PHASES = (
    Phase(0, "As found"),
    Phase(1, "Preparation: backup, audit, rehearsal"),
    Phase(2, "Core infrastructure: new tables and columns"),
    Phase(3, "LERG: the application moves to the enhanced table"),
    Phase(4, "Users and security: one sign-up, clean policies"),
    Phase(5, "Billing: e-mail sync and Stripe"),
    Phase(6, "Sessions and uploads"),
    Phase(7, "Cleanup and optimization"),
    Phase(8, "Monitoring and validation"),
)

DOMAINS: tuple[type[Domain], ...] = (Access, Identity, Lerg, Sessions, Usage, Billing)
"""In the order of registration: a domain stands after those whose objects it needs."""


def declarations(settings: Settings) -> Iterator[tuple[type[Domain], Declaration]]:
    """Every object of every domain, through all phases."""
    for domain in DOMAINS:
        for declaration in domain.declarations(settings):
            yield domain, declaration
