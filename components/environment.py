"""What functions find in their environment and no other resource makes: the same for all functions."""

from __future__ import annotations

from collections.abc import Sequence

from components.declaration import Declaration, since
from components.domain import Domain
from components.functions import (
    ALLOWED_ORIGINS,
    JWT_SECRET,
    LERG_API_KEY,
    SESSION_SECRET,
    STRIPE_SECRET_KEY,
)
from settings import Settings


class Environment(Domain):
    """The secrets whose values the stack's config has, each from the phase whose functions read it."""

    name = "environment"

    @staticmethod
    def declarations(settings: Settings) -> Sequence[Declaration]:
        """What every function reads stays on the way back: those that were there before stay too."""
        return [
            since(2, ALLOWED_ORIGINS, kept=True),
            *([since(2, JWT_SECRET, kept=True)] if settings.has_jwt_secret else []),
            *([since(3, LERG_API_KEY)] if settings.has_lerg_api_key else []),
            since(5, STRIPE_SECRET_KEY),
            since(6, SESSION_SECRET),
        ]
