"""What a dashboard looks at, as views: nothing of the comparison's own, so a stack's config asks for them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence

from components.declaration import Declaration, since
from components.domain import Domain
from components.templates import render
from provider.schema.postgres import Privileges, View
from settings import Settings

SINCE = 8
"""The phase of monitoring."""

VIEWS = {
    "area_codes": "Area codes by country and region",
    "sessions": "Sessions that are alive, and those that nobody cleaned up",
    "sign_ups": "Sign-ups by day",
    "subscriptions": "Users by the status of their subscription",
    "uploads": "Uploads of all users",
}
"""By the template in `sql/monitoring/`; the health command asks the same."""

_READ = ("active_sessions", "enhanced_lerg", "profiles")


class Monitoring(Domain):
    """Figures that hold no user's own data, for the service role alone."""

    name = "monitoring"

    @staticmethod
    def declarations(settings: Settings) -> Sequence[Declaration]:
        """The views with who may read them; declared absent where the config doesn't ask for them."""
        own = list(_views())
        return own if settings.monitoring else [dataclasses.replace(each, until=0) for each in own]


def question(name: str) -> str:
    """The query of a view."""
    return render(f"monitoring/{name}.sql").strip()


def _views() -> Iterator[Declaration]:
    tables = tuple(f"voip:postgres:Table::public.{name}" for name in _READ)
    for name, comment in VIEWS.items():
        view = View(name=f"monitoring_{name}", query=question(name), security_invoker=True, comment=comment)
        yield since(SINCE, view, after=tables)
        yield since(
            SINCE,
            Privileges(kind="table", object=view.id, grants={"service_role": ["SELECT"]}),
            after=(f"{View.token}::{view.id}",),
        )
