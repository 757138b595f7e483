"""The way back when payments don't reach the profiles: stop the webhook, repair them, start it again."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from components.billing import EVENTS, FUNCTION
from operations.errors import OperationError
from operations.pulumi import pulumi, stack_config
from operations.target import live
from provider.stripe.account import TAG, Account, Object, tagged
from provider.stripe.activation import post_event
from provider.stripe.billing import Billing, billing_of
from provider.target import Target

STOPPED = f"{TAG}_stopped"
"""The metadata by which a stopped endpoint tells since when."""
MARGIN_SECONDS = 3600
"""What happened shortly before the stop may have been on its way."""


@dataclass(frozen=True)
class Repair:
    """A profile that is not what Stripe says."""

    profile: str
    version: str
    customer: str
    wanted: Billing
    changes: dict[str, tuple[Any, Any]]
    """By column: what is there, and what Stripe says."""


def options(parser: argparse.ArgumentParser) -> None:
    """Of its command line."""
    parser.add_argument("action", choices=("stop", "repair", "start"))
    parser.add_argument("--stack", required=True)
    parser.add_argument("--customer", help="repair: of one customer alone")
    parser.add_argument("--apply", action="store_true", help="repair: correct what is shown")
    parser.set_defaults(run=_asked)


def _asked(options: argparse.Namespace) -> str:
    match options.action:
        case "stop":
            return stop(options.stack)
        case "start":
            return start(options.stack)
    return repair(options.stack, customer=options.customer, apply=options.apply)


def stop(stack: str) -> str:
    """Let Stripe tell nobody; returns what was done."""
    with _target(stack) as target:
        return stop_webhook(Account(target, lambda: None))


def start(stack: str) -> str:
    """Let Stripe tell again, and tell what it has not told meanwhile; returns what was done."""
    with _target(stack) as target:
        return start_webhook(Account(target, lambda: None), target.functions_url, _secret(stack))


def repair(stack: str, *, customer: str | None, apply: bool) -> str:
    """Show which profiles are not what Stripe says, and with `apply` correct them; returns what was found."""
    with _target(stack) as target, _connected(target) as connection:
        found = list(repairs(connection, Account(target, lambda: None), customer))
        if apply:
            for each in found:
                write(connection, each)
    return told(found, apply=apply)


def stop_webhook(account: Account) -> str:
    """Disable the endpoint, and let it remember since when."""
    endpoint = _endpoint(account)
    if endpoint["status"] == "disabled":
        return f"The endpoint {endpoint['id']} is disabled already."
    params: Any = {"disabled": True, "metadata": {STOPPED: str(int(time.time()))}}
    account.change(lambda api: api.webhook_endpoints.update(endpoint["id"], params))
    return (
        f"Disabled the endpoint {endpoint['id']}. Look at the profiles with "
        "`python -m operations payments repair`, and start it again with `... start`."
    )


def start_webhook(account: Account, functions_url: str, secret: str) -> str:
    """Enable the endpoint, then tell the function what has happened since the stop."""
    endpoint = _endpoint(account)
    since = int(endpoint["metadata"].get(STOPPED) or 0)
    if since and not (functions_url and secret):
        raise OperationError(
            "what was missed can't be told: the signing secret or the functions' URL is not known; correct "
            "the profiles with `python -m operations payments repair --apply`, then enable the endpoint with "
            "`pulumi up`"
        )
    # Enabled first: what happens from now on comes by itself, and nobody minds to hear of something twice.
    enabled: Any = {"disabled": False}
    account.change(lambda api: api.webhook_endpoints.update(endpoint["id"], enabled))
    if not since:
        return (
            f"Enabled the endpoint {endpoint['id']}; it was not stopped by this command, so nothing is told."
        )
    missed = account.events(since - MARGIN_SECONDS, EVENTS)
    failed = [each["id"] for each in missed if post_event(f"{functions_url}/{FUNCTION}", each, secret) != 200]
    if failed:
        raise OperationError(
            f"{len(failed)} of {len(missed)} missed events were not taken ({', '.join(failed[:3])}); the "
            "endpoint is enabled; mend the function and run the same command again"
        )
    forgotten: Any = {"metadata": {STOPPED: ""}}
    account.change(lambda api: api.webhook_endpoints.update(endpoint["id"], forgotten))
    return f"Enabled the endpoint {endpoint['id']} and told the function of {len(missed)} events."


def repairs(connection: psycopg.Connection[Any], account: Account, customer: str | None) -> Iterator[Repair]:
    """The profiles that are not what Stripe says, of one customer or of all."""
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(
            "SELECT *, xmin::text AS version FROM public.profiles WHERE stripe_customer_id IS NOT NULL "
            "AND (%(customer)s::text IS NULL OR stripe_customer_id = %(customer)s) ORDER BY created_at, id",
            {"customer": customer},
        ).fetchall()
    if customer is not None and not rows:
        raise OperationError(f"no profile has the customer {customer}; look for it among stripe_customer_id")
    for row in rows:
        known = str(row["stripe_customer_id"])
        wanted = billing_of(account.subscriptions(known), account.paid_invoices(known))
        if wanted is None:
            continue  # never had a subscription: there is nothing that Stripe says
        changes = {name: (row[name], value) for name, value in asdict(wanted).items() if row[name] != value}
        if changes:
            yield Repair(str(row["id"]), row["version"], known, wanted, changes)


def write(connection: psycopg.Connection[Any], found: Repair) -> None:
    """Correct one profile, if it is still the one that was shown."""
    columns = sql.SQL(", ").join(
        sql.SQL("{} = {}").format(sql.Identifier(name), sql.Placeholder(name)) for name in found.changes
    )
    statement = sql.SQL(
        "UPDATE public.profiles SET {}, updated_at = now() WHERE id = {} AND xmin::text = {}"
    ).format(columns, sql.Placeholder("profile"), sql.Placeholder("version"))
    values = {name: wanted for name, (_, wanted) in found.changes.items()}
    done = connection.execute(statement, {**values, "profile": found.profile, "version": found.version})
    connection.commit()
    if done.rowcount != 1:
        raise OperationError(
            f"the profile of {found.customer} was changed meanwhile; run the same command again"
        )


def told(found: list[Repair], *, apply: bool) -> str:
    """What was found, for people."""
    if not found:
        return "Every profile is what Stripe says."
    lines = [
        f"  {each.customer}  {name}: {_shown(before)} -> {_shown(after)}"
        for each in found
        for name, (before, after) in each.changes.items()
    ]
    done = "Corrected" if apply else "Not what Stripe says (add --apply to correct)"
    return f"{done}, {len(found)} profiles:\n" + "\n".join(lines)


def _shown(value: Any) -> str:
    return "nothing" if value is None else str(value)


def _endpoint(account: Account) -> Object:
    found = tagged(account.endpoints(), FUNCTION)
    if len(found) != 1:
        raise OperationError(f"Stripe has {len(found)} endpoints named {FUNCTION}; look at `pulumi preview`")
    return found[0]


def _secret(stack: str) -> str:
    """The signing secret, which nobody has but the state."""
    exported = json.loads(pulumi("stack", "export", "--stack", stack, "--show-secrets"))
    for row in exported["deployment"].get("resources", []):
        if row["type"] == "voip:stripe:WebhookEndpoint":
            value = row.get("outputs", {}).get("secret", "")
            return str(json.loads(value["plaintext"]) if isinstance(value, dict) else value)
    return ""


@contextmanager
def _target(stack: str) -> Iterator[Target]:
    with live(stack_config(stack)) as planes:
        planes.verify()
        yield planes.target


@contextmanager
def _connected(target: Target) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(target.database_url, connect_timeout=10) as connection:
        connection.execute("SET lock_timeout = '3s'")
        yield connection
