"""Whether a target is as it should be, for people and for a scheduler: it only reads."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Literal, NamedTuple

import httpx
import psycopg

from components.billing import EVENTS, FUNCTION, SINCE
from operations import payments
from operations.compare.drift import drifts
from operations.criteria import Criterion, criteria
from operations.errors import DriftError
from operations.pulumi import stack_config
from operations.target import completed, live
from provider.errors import ProviderError
from provider.plane import Planes
from provider.postgres.compose import declared
from provider.stripe.account import Account, tagged
from settings import Settings, load_settings

SHOWN = 5
DAY_SECONDS = 24 * 3600
DELIVERED_SECONDS = 3600
"""What Stripe has not delivered after so long has failed at least once."""

State = Literal["holds", "failed", "figure", "not told"]


class Result(NamedTuple):
    """What was found of one criterion."""

    state: State
    id: str
    item: str
    found: Sequence[str] = ()

    def __str__(self) -> str:
        more = len(self.found) - SHOWN
        shown = [*self.found[:SHOWN], *([f"and {more} more"] if more > 0 else [])]
        return "\n    ".join([f"{self.state:<8}  {self.id}: {self.item}", *shown])


def options(parser: argparse.ArgumentParser) -> None:
    """Of its command line."""
    parser.add_argument("--stack", required=True)
    parser.set_defaults(run=lambda options: health(options.stack))


def health(stack: str) -> str:
    """What was found of every criterion; DriftError with the same where one does not hold."""
    settings = load_settings(config := stack_config(stack))
    with live(config) as planes:
        planes.verify()
        results = list(found(planes, completed(settings, planes)))
    told = "\n".join(map(str, results))
    judged = [result for result in results if result.state in {"holds", "failed"}]
    if failed := sum(result.state == "failed" for result in judged):
        raise DriftError(f"{told}\n{failed} of {len(judged)} criteria do not hold.")
    return f"{told}\nAll {len(judged)} criteria hold."


def found(planes: Planes, settings: Settings) -> Iterator[Result]:
    """Every criterion of the settings' phase."""
    yield from _of_declarations(planes, settings)
    for criterion in criteria():
        if criterion.since <= settings.phase < criterion.until:
            yield _of_database(planes, criterion)
    yield _of_functions(planes)
    if settings.phase >= SINCE:
        yield from _of_stripe(planes)


def _of_declarations(planes: Planes, settings: Settings) -> Iterator[Result]:
    name, item = "drift", "All 39 migrations applied successfully, or consolidated equivalent (section 15)"
    seen = list(drifts(replace(settings, found=settings.phase), planes))
    yield _judged(name, item, [str(each) for each in seen if each.sign != "not told"])
    if untold := [str(each) for each in seen if each.sign == "not told"]:
        yield Result("not told", name, item, untold)


def _judged(name: str, item: str, wrong: Sequence[str]) -> Result:
    return Result("failed" if wrong else "holds", name, item, wrong)


def _of_database(planes: Planes, criterion: Criterion) -> Result:
    name, item = criterion.id, f"{criterion.item} (section {criterion.section})"
    if criterion.person:
        return Result("not told", name, item, [criterion.person])
    rows = planes.ask(declared(criterion.question))
    if rows is None:
        return Result("not told", name, item, ["what it asks about is not there, or hidden from the role"])
    words = [str(word) for (word,) in rows]
    return Result("figure", name, item, words) if criterion.figure else _judged(name, item, words)


def _of_functions(planes: Planes) -> Result:
    name, item = "functions", "Test ping-status endpoint (section 12)"
    if not planes.target.functions_url:
        return Result("not told", name, item, ["nobody serves the functions"])
    try:
        answer = httpx.get(f"{planes.target.functions_url}/ping-status", timeout=10)
    except httpx.HTTPError as error:
        return _judged(name, item, [f"no answer: {type(error).__name__}"])
    return _judged(name, item, [] if answer.status_code == 200 else [f"it answers {answer.status_code}"])


def _of_stripe(planes: Planes) -> Iterator[Result]:
    name, item = "stripe", "Stripe integration functions working (section 15)"
    if not planes.target.stripe_key:
        yield Result("not told", name, item, ["voip:stripeKey is not set"])
        return
    try:
        yield from stripe_results(planes, Account(planes.target, lambda: None), int(time.time()))
    except ProviderError as error:
        yield _judged(name, item, [str(error)])


def stripe_results(planes: Planes, account: Account, now: int) -> Iterator[Result]:
    """What Stripe tells of deliveries, payments and subscriptions."""
    endpoints = [each for each in tagged(account.endpoints(), FUNCTION) if each["status"] == "enabled"]
    events = account.events(now - 7 * DAY_SECONDS, EVENTS)
    late = [
        f"{event['id']} ({event['type']}) is not delivered"
        for event in events
        if event["pending_webhooks"] and event["created"] < now - DELIVERED_SECONDS
    ]
    wrong = [] if len(endpoints) == 1 else [f"{len(endpoints)} enabled endpoints {FUNCTION}, wanted one"]
    yield _judged("webhook", "Webhook delivery 100% success rate (section 15)", [*wrong, *late])
    failures = [
        f"{event['data']['object']['customer']}: {event['id']}"
        for event in events
        if event["type"] == "invoice.payment_failed"
    ]
    yield Result("figure", "payment-failures", "Check for payment failures (section 12)", failures)
    with psycopg.connect(planes.target.database_url, connect_timeout=10) as connection:
        connection.read_only = True
        different = [
            f"{each.customer}: {', '.join(each.changes)} not as Stripe says"
            for each in payments.repairs(connection, account, None)
        ]
    yield _judged("subscriptions", "Webhook updates profiles correctly (section 12)", different)
