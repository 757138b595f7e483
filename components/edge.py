"""The edge functions of no domain: the health check, and what is not meant for users."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from components.billing import PRICE_IDS
from components.declaration import Declaration
from components.domain import Domain
from components.functions import SESSION_SECRET, STRIPE_SECRET_KEY, Served, served
from settings import Settings

OPTIONAL_SINCE = 7
"""The phase in which the comparison decides on them."""

_STRIPE = (STRIPE_SECRET_KEY.name,)

OPTIONAL: Mapping[str, Sequence[Served]] = {
    "debug": (
        Served("check-session-debug", OPTIONAL_SINCE, reads=(SESSION_SECRET.name,)),
        Served("check-session-simple", OPTIONAL_SINCE, reads=(SESSION_SECRET.name,)),
        Served("debug-auth", OPTIONAL_SINCE, verify_jwt=False),
        Served("debug-portal", OPTIONAL_SINCE, reads=_STRIPE),
        Served("debug-subscription", OPTIONAL_SINCE, reads=_STRIPE),
        Served("debug-subscription-no-jwt", OPTIONAL_SINCE, verify_jwt=False, reads=_STRIPE),
        Served("get-stripe-account", OPTIONAL_SINCE, reads=_STRIPE),
        Served("test-auth", OPTIONAL_SINCE),
        Served("test-env", OPTIONAL_SINCE),
        Served("test-stripe", OPTIONAL_SINCE, reads=(*_STRIPE, *PRICE_IDS)),
    ),
    "deprecated": (Served("set-trial-tier", OPTIONAL_SINCE),),
    "organization": (
        Served("accept-invitation", OPTIONAL_SINCE),
        Served("create-organization", OPTIONAL_SINCE),
        Served("invite-user", OPTIONAL_SINCE),
        Served("manage-organization-members", OPTIONAL_SINCE),
    ),
}
"""By the group that a stack may exclude."""


class Edge(Domain):
    """`ping-status` from phase 2, and each optional group that the stack does not exclude."""

    name = "edge"

    @staticmethod
    def declarations(settings: Settings) -> Sequence[Declaration]:
        """Every function; those of an excluded group are declared absent."""
        functions = [Served("ping-status", 2, verify_jwt=False, found=True), *_optional(settings)]
        return list(served([], functions))


def _optional(settings: Settings) -> Iterator[Served]:
    for group, functions in OPTIONAL.items():
        excluded = group in settings.excluded_functions
        yield from (replace(each, until=0) if excluded else each for each in functions)
