"""Random histories of customers, and of the deliveries that tell of them.

A history is a customer on a test clock to whom something happens again and again: pays, cancels, changes the
period or the card, lets months pass, has money back. Each event's delivery is sent late, in any order,
several at once, twice, or its answer is lost; Stripe and the database fail the function at random. In the end
whatever Stripe would still send is sent, and the profile must be what Stripe says.
"""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import psycopg
from psycopg.rows import dict_row

from tests.fix_stripe import Account

DAY = 24 * 3600
FIRST_MOMENT = 1_800_000_000
RUNNING = ("active", "trialing", "past_due", "unpaid", "paused")
NEVER_PAID = ("incomplete", "incomplete_expired")
COLUMNS = (
    "subscription_status",
    "subscription_id",
    "billing_period",
    "current_period_start",
    "current_period_end",
    "cancel_at",
    "canceled_at",
    "cancel_at_period_end",
    "last_payment_date",
)
CARDS = ("pm_card_visa", "pm_card_visa", "pm_card_chargeCustomerFail")
TROUBLE = [
    {"kind": "status", "status": 500, "endpoint": "GET subscriptions", "probability": 0.1},
    {"kind": "status", "status": 429, "endpoint": "GET invoices", "probability": 0.05},
    {"kind": "cut", "endpoint": "GET subscriptions", "probability": 0.03},
]
ROUNDS = 50


@dataclass
class Told:
    """What became of the deliveries of one history."""

    attempts: int = 0
    failed: int = 0
    repeated: int = 0
    lost: int = 0
    overtaken: int = 0


@dataclass
class History:
    """One customer's, of one seed."""

    account: Account
    database_url: str
    seed: int
    actions: list[str] = field(default_factory=list)
    told: Told = field(default_factory=Told)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)  # noqa: S311  to be repeated, not to be secret
        self._now = FIRST_MOMENT
        self._known = len(self.account.deliveries())
        self._arrived: set[int] = set()
        api = self.account.stripe.v1
        self._clock = api.test_helpers.test_clocks.create({"frozen_time": self._now}).id
        self.customer = api.customers.create({"test_clock": self._clock}).id
        self.user = _signed_up(self.database_url, self.customer)

    def live(self) -> list[str]:
        """Let it happen; returns in which columns the profile is not what Stripe says."""
        for _ in range(self._random.randint(4, 12)):
            self._happen()
            self._deliver_some()
        self._deliver_rest()
        profile, wanted = self.profile(), self.wanted()
        return [name for name in COLUMNS if profile[name] != wanted[name]]

    def profile(self) -> dict[str, Any]:
        """What the profile says."""
        with psycopg.connect(self.database_url, row_factory=dict_row) as connection:
            row = connection.execute("SELECT * FROM public.profiles WHERE id = %s", (self.user,)).fetchone()
        assert row
        return {name: row[name] for name in COLUMNS}

    def wanted(self) -> dict[str, Any]:
        """What Stripe says, read without the function's help."""
        subscription = self._current(self._subscriptions("all"))
        if subscription is None:
            return {**dict.fromkeys(COLUMNS), "subscription_status": "trial", "cancel_at_period_end": False}
        item = subscription["items"]["data"][0]
        invoices = self.account.api.get(
            "/v1/invoices", params={"customer": self.customer, "limit": 100}
        ).json()["data"]
        paid = [
            each["status_transitions"]["paid_at"]
            for each in invoices
            if each["status"] == "paid" and each["amount_paid"]
        ]
        period = {"month": "monthly", "year": "annual"}[item["price"]["recurring"]["interval"]]
        return {
            "subscription_status": subscription["status"],
            "subscription_id": subscription["id"],
            "billing_period": period,
            "current_period_start": _instant(item["current_period_start"]),
            "current_period_end": _instant(item["current_period_end"]),
            "cancel_at": _instant(subscription["cancel_at"]),
            "canceled_at": _instant(subscription["canceled_at"]),
            "cancel_at_period_end": subscription["cancel_at_period_end"],
            "last_payment_date": _instant(max(paid, default=None)),
        }

    def _happen(self) -> None:
        running = self._current(self._subscriptions(None))
        possible: list[Callable[[Any], None]] = [self._pass_time]
        if running is None or running["status"] not in RUNNING:
            possible += [self._check_out] * 4
        else:
            possible += [
                self._pass_time,
                self._cancel_later,
                self._cancel_now,
                self._switch,
                self._change_card,
                self._refund,
            ]
        action = self._random.choice(possible)
        self.actions.append(action.__name__.strip("_"))
        action(running)

    def check_out(self, price: str) -> str:
        """Begin to buy; the session's id, by which it is told how that ends."""
        session = self.account.stripe.v1.checkout.sessions.create(
            {
                "mode": "subscription",
                "customer": self.customer,
                "line_items": [{"price": price, "quantity": 1}],
                "success_url": "https://example.com",
            }
        )
        return session.id

    def _check_out(self, _: Any) -> None:
        self._tell(f"checkout/{self.check_out(self._price())}", card=self._random.choice(CARDS))

    def _pass_time(self, _: Any) -> None:
        self._now += self._random.choice((1, 3, 10, 32, 64, 370)) * DAY
        clocks = self.account.stripe.v1.test_helpers.test_clocks
        clocks.advance(self._clock, {"frozen_time": self._now})

    def _cancel_later(self, running: Any) -> None:
        later = not running["cancel_at_period_end"]
        self.account.stripe.v1.subscriptions.update(running["id"], {"cancel_at_period_end": later})

    def _cancel_now(self, running: Any) -> None:
        if self._random.random() < 0.3:
            self.account.stripe.v1.subscriptions.cancel(running["id"])

    def _switch(self, running: Any) -> None:
        self._now += 60
        self._ask(
            f"/v1/subscriptions/{running['id']}",
            {
                "items[0][id]": running["items"]["data"][0]["id"],
                "items[0][price]": self._price(),
                "proration_behavior": "always_invoice",
                "payment_behavior": "error_if_incomplete",
            },
        )

    def _change_card(self, _: Any) -> None:
        self._tell(f"customers/{self.customer}/card", card=self._random.choice(CARDS))

    def _refund(self, _: Any) -> None:
        charges = self.account.stripe.v1.charges.list({"customer": self.customer}).data
        paid = [charge for charge in charges if charge.paid and not charge.refunded]
        if paid:
            charge = self._random.choice(paid)
            self.account.stripe.v1.refunds.create(
                {"charge": charge.id, "amount": min(100, charge.amount_captured)}
            )

    def _deliver_some(self) -> None:
        fresh = [number for number in self._numbers() if number not in self._arrived]
        chosen = [number for number in fresh if self._random.random() < 0.5]
        again = [number for number in self._arrived if self._random.random() < 0.1]
        self.told.repeated += len(again)
        seed = self._random.getrandbits(32)
        self.account.tell("faults", "PUT", faults=TROUBLE, seed=seed)
        self._send([*chosen, *again])
        self.account.tell("faults", "PUT", faults=[])

    def _deliver_rest(self) -> None:
        for _ in range(ROUNDS):
            left = [number for number in self._numbers() if number not in self._arrived]
            if not left:
                return
            self._send(left)
        raise AssertionError(f"{len(left)} deliveries never arrived")

    def _send(self, numbers: list[int]) -> None:
        self._random.shuffle(numbers)
        self.told.overtaken += sum(first > second for first, second in pairwise(numbers))
        lost = {number for number in numbers if self._random.random() < 0.05}
        ended = self._random.random() < 0.1
        with ThreadPoolExecutor(4) as pool:
            answers = [pool.submit(self._tell, f"deliveries/{number}") for number in numbers]
            if ended:
                _end_sessions(self.database_url)
        for number, answer in zip(numbers, answers, strict=True):
            arrived = answer.result()["status"] == 200
            self.told.attempts += 1
            self.told.failed += not arrived
            self.told.lost += arrived and number in lost
            if arrived and number not in lost:
                self._arrived.add(number)

    def _numbers(self) -> list[int]:
        return [each["id"] for each in self.account.deliveries()[self._known :]]

    def _price(self) -> str:
        key = self._random.choice(("accelerator_monthly", "accelerator_annual"))
        return str(self.account.stripe.v1.prices.list({"lookup_keys": [key]}).data[0].id)

    def _subscriptions(self, status: str | None) -> list[Any]:
        asked = {"customer": self.customer, "limit": "100"} | ({"status": status} if status else {})
        found: list[Any] = self.account.api.get("/v1/subscriptions", params=asked).json()["data"]
        return found

    def _tell(self, what: str, **told: Any) -> Any:
        """Tell the sandbox; a card that is declined is an answer, too."""
        answer = self.account.sandbox.post(
            f"/sandbox/{self.account.ref}/stripe/{what}", json=told, timeout=60
        )
        assert answer.status_code in (200, 402), answer.text
        return answer.json()

    def _ask(self, path: str, form: dict[str, str]) -> None:
        answer = self.account.api.post(path, data=form)
        assert answer.status_code in (200, 402), answer.text

    @staticmethod
    def _current(subscriptions: list[Any]) -> Any:
        paid = [each for each in subscriptions if each["status"] not in NEVER_PAID]
        return next((each for each in paid if each["status"] in RUNNING), next(iter(paid), None))


def paying(account: Account, database_url: str, key: str = "accelerator_annual", seed: int = 0) -> History:
    """A customer who has paid for what answers to a lookup key, and whose profile knows nothing of it."""
    history = History(account, database_url, seed)
    price = account.stripe.v1.prices.list({"lookup_keys": [key]}).data[0].id
    account.tell(f"checkout/{history.check_out(price)}")
    return history


def listen(account: Account, url: str, events: list[str]) -> str:
    """Let an account tell the function and nobody else, each time it is told to; returns the secret."""
    for endpoint in account.stripe.v1.webhook_endpoints.list().data:
        account.stripe.v1.webhook_endpoints.delete(endpoint.id)
    made = account.api.post(
        "/v1/webhook_endpoints",
        data={"url": url} | {f"enabled_events[{place}]": name for place, name in enumerate(events)},
    ).json()
    account.tell("plan", "PUT", hold=True)
    return str(made["secret"])


def _signed_up(database_url: str, customer: str) -> str:
    user = str(uuid.uuid4())
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "INSERT INTO auth.users (id, aud, role, email, created_at) "
            "VALUES (%s, 'authenticated', 'authenticated', %s, now())",
            (user, f"{user[:8]}@example.com"),
        )
        connection.execute(
            "UPDATE public.profiles SET stripe_customer_id = %s WHERE id = %s", (customer, user)
        )
    return user


def _end_sessions(database_url: str) -> None:
    """Let the function lose its connections in the middle of whatever it does."""
    time.sleep(0.005)
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE application_name = 'stripe-events' AND datname = current_database()"
        )


def _instant(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
