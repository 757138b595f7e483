"""The way from what production was found to be to the goal, and the domains that it moves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from components.access import Access
from components.billing import Billing
from components.declaration import Declaration
from components.domain import Domain, Registered
from components.edge import Edge
from components.environment import Environment
from components.hardening import HARDENED, Hardening, hardened
from components.identity import Identity
from components.lerg import Lerg
from components.monitoring import Monitoring
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

DOMAINS: tuple[type[Domain], ...] = (
    Access,
    Environment,
    Identity,
    Lerg,
    Sessions,
    Usage,
    Billing,
    Edge,
    Monitoring,
    Hardening,
)
"""In the order of registration: a domain stands after those whose objects it needs."""

Placed = tuple[type[Domain], Declaration]
"""An object, and the domain that declares it."""


def declarations(settings: Settings) -> Iterator[Placed]:
    """Every object of every domain, through all phases."""
    for domain in DOMAINS:
        for declaration in domain.declarations(settings):
            yield domain, hardened(declaration) if settings.hardening else declaration


def component_of(domain: type[Domain], declaration: Declaration, settings: Settings) -> type[Domain]:
    """The component that an object stands under: its domain's, unless hardening makes it otherwise."""
    return Hardening if settings.hardening and declaration.key in HARDENED else domain


def register(settings: Settings, declared: Iterable[Placed]) -> Registered:
    """Register all that the phase has, and the retirement of what it no longer has."""
    registered: Registered = {}
    components = {domain: domain(registered) for domain in DOMAINS}
    for domain, declaration in declared:
        home, hardening = components[domain], components[Hardening]
        if declaration.key not in HARDENED:
            home.declare(declaration, settings.phase)
        elif settings.hardening:
            home.declare(declaration, settings.phase, under=hardening, formerly=home)
        else:
            home.declare(declaration, settings.phase, formerly=hardening)
    # What hangs on another domain's objects stands after them, and goes before.
    for component in reversed(components.values()):
        component.finish(settings.phase)
    return registered
