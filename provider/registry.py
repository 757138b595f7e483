"""From type token to the handler of its kind."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Protocol, runtime_checkable

from provider.differences import Difference
from provider.gates import http, person, sql, stripe
from provider.gates.gate import GateKind, Runner
from provider.gates.sight import Sight
from provider.notes import Note
from provider.postgres.backfill import BackfillKind
from provider.postgres.catalog import Catalog
from provider.postgres.constraint import ConstraintKind
from provider.postgres.default_privileges import DefaultPrivilegesKind
from provider.postgres.function import FunctionKind
from provider.postgres.index import IndexKind
from provider.postgres.kind import CatalogKind
from provider.postgres.not_null import NotNullKind
from provider.postgres.policy import PolicyKind
from provider.postgres.privileges import PrivilegesKind
from provider.postgres.retirement import RetirementKind
from provider.postgres.rows import RowsKind
from provider.postgres.statement import Statement
from provider.postgres.table import TableKind
from provider.postgres.trigger import TriggerKind
from provider.postgres.view import ViewKind
from provider.printed import AsDeclared, Printed
from provider.schema.shape import Shape
from provider.stripe.account import Account
from provider.stripe.activation import WebhookActivationKind
from provider.stripe.endpoint import WebhookEndpointKind
from provider.stripe.portal import PortalConfigurationKind
from provider.stripe.price import PriceKind
from provider.stripe.product import ProductKind
from provider.stripe.retirement import RetirementKind as StripeRetirementKind
from provider.supabase.deployed import Deployed
from provider.supabase.function import FunctionKind as EdgeFunctionKind
from provider.supabase.probe import Probe
from provider.supabase.retirement import RetirementKind as EdgeRetirementKind
from provider.supabase.secret import SecretKind
from provider.target import Target


class Kind(Protocol):
    """The verbs of one kind; shapes go in and come out."""

    shape: type[Any]

    def check(self, wanted: Any) -> Any: ...
    def diff(self, live: Any, wanted: Any) -> list[Difference]: ...
    def read(self, identifier: str, known: Any) -> Shape | None: ...
    def create(self, wanted: Any) -> Shape: ...
    def update(self, live: Any, wanted: Any) -> Shape: ...
    def delete(self, live: Any, scratch: bool) -> None: ...


@runtime_checkable
class Planned(Kind, Protocol):
    """A kind whose changes are statements, known before they are made."""

    def plan(self, wanted: Any) -> list[Statement]: ...
    def notes(self, wanted: Any) -> list[Note]: ...


CATALOG_KINDS: tuple[type[CatalogKind[Any]], ...] = (
    TableKind,
    NotNullKind,
    ConstraintKind,
    IndexKind,
    FunctionKind,
    TriggerKind,
    ViewKind,
    PolicyKind,
    PrivilegesKind,
    DefaultPrivilegesKind,
)


def postgres_kinds(catalog: Catalog, printed: Printed | AsDeclared) -> Mapping[str, Planned]:
    """The handlers of all kinds that live in one database, by token."""
    in_catalog = {kind.shape.token: kind(catalog, printed) for kind in CATALOG_KINDS}
    others: list[Planned] = [RowsKind(catalog), BackfillKind(catalog), RetirementKind(catalog, in_catalog)]
    return {**in_catalog, **{kind.shape.token: kind for kind in others}}


def rollout_kinds(catalog: Catalog, account: Account, target: Target) -> Mapping[str, Kind]:
    """The handlers of what stands between the steps of a rollout, by token."""
    runners: dict[str, Runner] = {
        "sql": partial(sql.run, catalog.session),
        "stripe": partial(stripe.run, account),
        "http": partial(http.run, target),
        "person": person.run,
    }
    gate = GateKind(catalog.session, Sight(catalog, RowsKind(catalog)), runners)
    return {gate.shape.token: gate}


def supabase_kinds(deployed: Deployed, target: Target, probe: Probe) -> Mapping[str, Kind]:
    """The handlers of all kinds that a project has beside its database, by token."""
    functions = EdgeFunctionKind(deployed, target.functions, probe)
    secrets = SecretKind(deployed, target.secrets)
    kinds: list[Kind] = [functions, secrets, EdgeRetirementKind(deployed, functions, secrets)]
    return {kind.shape.token: kind for kind in kinds}


def stripe_kinds(account: Account, target: Target) -> Mapping[str, Kind]:
    """The handlers of all kinds that a Stripe account has, by token."""
    kinds: list[Kind] = [
        ProductKind(account),
        PriceKind(account),
        WebhookEndpointKind(account),
        WebhookActivationKind(account, target),
        PortalConfigurationKind(account),
        StripeRetirementKind(account),
    ]
    return {kind.shape.token: kind for kind in kinds}
