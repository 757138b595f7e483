"""One Stripe account: listed once for each process, changed under idempotency keys."""

from __future__ import annotations

import hashlib
import json
import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from provider.errors import ProviderError
from provider.target import Target

if TYPE_CHECKING:
    import stripe

TAG = "voip"
"""The metadata by which an object tells what this project calls it."""
PAGE = 100
TIMEOUT_SECONDS = 20
RETRIES = 3
PATIENCE = 6
"""How often a request is repeated that came too early: the library itself leaves those to its caller."""

Object = dict[str, Any]
T = TypeVar("T")


class Account:
    """The account of one target.

    `before_change` is called ahead of each change: whoever changes anything must have kept other updates out.
    """

    def __init__(
        self,
        target: Target,
        before_change: Callable[[], None],
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._target = target
        self._before_change = before_change
        self._sleep = sleep
        self._lock = threading.RLock()
        self._client: stripe.StripeClient | None = None
        self._known: dict[str, list[Object]] = {}

    @property
    def in_trial(self) -> bool:
        """Whether a test key stands in for a live one."""
        return self.mode != self._target.stripe_mode

    @property
    def has_key(self) -> bool:
        """Whether it can be asked at all."""
        return bool(self._target.stripe_key)

    @property
    def mode(self) -> str:
        """Of the key: whether it is for real money."""
        return mode_of(self._target.stripe_key)

    def standing(self) -> Object:
        """The account itself."""
        standing: Object = self._asked(lambda api: api.accounts.retrieve_current()).to_dict()
        return standing

    def products(self) -> list[Object]:
        """Every product, archived ones included."""
        return self._listed("products", lambda api: api.products.list({"limit": PAGE}))

    def prices(self) -> list[Object]:
        """Every price, archived ones included."""
        return self._listed("prices", lambda api: api.prices.list({"limit": PAGE}))

    def endpoints(self) -> list[Object]:
        """Every webhook endpoint."""
        return self._listed("endpoints", lambda api: api.webhook_endpoints.list({"limit": PAGE}))

    def configurations(self) -> list[Object]:
        """Every configuration of the customer portal, with the prices that it offers."""
        return self._listed(
            "configurations",
            lambda api: api.billing_portal.configurations.list(
                {"limit": PAGE, "expand": ["data.features.subscription_update.products"]}
            ),
        )

    def subscriptions(self, customer: str) -> list[Object]:
        """Every subscription of a customer, ended ones included, the newest first."""
        asked: Any = {"customer": customer, "status": "all", "limit": PAGE}
        return self._asked(lambda api: _all(api.subscriptions.list(asked)))

    def paid_invoices(self, customer: str) -> list[Object]:
        """Every invoice that a customer has paid."""
        asked: Any = {"customer": customer, "status": "paid", "limit": PAGE}
        return self._asked(lambda api: _all(api.invoices.list(asked)))

    def events(self, since: int, types: Sequence[str]) -> list[Object]:
        """What has happened since a moment, the oldest first; Stripe remembers thirty days."""
        asked: Any = {"created": {"gte": since}, "types": list(types), "limit": PAGE}
        return self._asked(lambda api: _all(api.events.list(asked)))[::-1]

    def change(self, work: Callable[[stripe.V1Services], Any]) -> Object:
        """Change something; what is asked for can be repeated without harm."""
        self._before_change()
        with self._lock:
            self._known.clear()
            done: Object = self._asked(work).to_dict()
            self._known.clear()
            return done

    def create(
        self,
        make: Callable[[stripe.V1Services, Any, Any], Any],
        params: Object,
        listing: Callable[[], list[Object]],
        before: Sequence[str],
    ) -> Object:
        """Make something that is not there, once, however often it is asked for.

        The key is made of what is asked and of what was there `before`, so a run that was killed gets the
        answer that the one before it missed, and yet a later object of the same kind is another one. An
        answer that tells of an object that was deleted since is of no use, and counts as there before.
        """
        while True:
            key = hashlib.sha256(json.dumps([params, sorted(before)], sort_keys=True).encode()).hexdigest()
            given = {"idempotency_key": f"{TAG}-{key}"}
            made = self.change(lambda api, given=given: make(api, params, given))  # type: ignore[misc]
            if any(each["id"] == made["id"] for each in listing()):
                return made
            before = [*before, made["id"]]

    def _listed(self, name: str, ask: Callable[[stripe.V1Services], Any]) -> list[Object]:
        with self._lock:
            if name not in self._known:
                self._known[name] = self._asked(lambda api: _all(ask(api)))
            return self._known[name]

    def _asked(self, work: Callable[[stripe.V1Services], T]) -> T:
        with self._lock, _reported():
            api = self._api()
            import stripe

            for attempt in range(PATIENCE):
                try:
                    return work(api)
                except stripe.RateLimitError:
                    self._sleep(2**attempt * random.uniform(0.2, 0.4))  # noqa: S311  jitter, not cryptography
            return work(api)

    def _api(self) -> stripe.V1Services:
        if self._client is None:
            self._client = _client(self._target)
        return self._client.v1


def tagged(objects: Sequence[Object], name: str) -> list[Object]:
    """The objects that carry a name of this project's, the newest first."""
    return [each for each in objects if (each["metadata"] or {}).get(TAG) == name]


def only(objects: Sequence[Object], what: str) -> Object | None:
    """The one object of that name that is in use, or else the newest that was; of two, people must tell."""
    used = [each for each in objects if each.get("active", True)]
    if len(used) > 1:
        raise ProviderError(
            f"Stripe has {len(used)} of {what} ({', '.join(each['id'] for each in used)}); archive all but "
            f"one, or take the metadata {TAG!r} off them"
        )
    return next(iter([*used, *objects]), None)


def check_mode(target: Target) -> None:
    """Refuse a key of the mode that the environment must not have, before anything is asked with it."""
    if not target.stripe_key:
        return
    mode = mode_of(target.stripe_key)
    if mode == target.stripe_mode or (mode == "test" and target.stripe_trial):
        return
    trial = ", or declare a trial with voip:stripeTrial" if mode == "test" else ""
    raise ProviderError(
        f"voip:stripeKey is a {mode} key, and {target.environment} takes {target.stripe_mode} keys "
        f"(voip:stripeMode); set the right one with `pulumi config set --secret voip:stripeKey`{trial}"
    )


def mode_of(key: str) -> str:
    """Whether a key is for real money."""
    kind, _, rest = key.partition("_")
    mode = rest.partition("_")[0]
    if kind not in ("sk", "rk") or mode not in ("live", "test"):
        raise ProviderError(
            "voip:stripeKey is no secret key of Stripe's (sk_live_…, rk_live_…, sk_test_…, rk_test_…); set "
            "one with `pulumi config set --secret voip:stripeKey`"
        )
    return mode


def _client(target: Target) -> stripe.StripeClient:
    if not target.stripe_key:
        raise ProviderError(
            "voip:stripeKey is not set; set it with `pulumi config set --secret voip:stripeKey`"
        )
    import stripe  # slow to import, and not every stack has an account

    stripe.enable_telemetry = False
    return stripe.StripeClient(
        target.stripe_key,
        base_addresses={"api": target.stripe_url} if target.stripe_url else {},
        http_client=stripe.RequestsClient(timeout=TIMEOUT_SECONDS),
        max_network_retries=RETRIES,
    )


def _all(page: Any) -> list[Object]:
    return [each.to_dict() for each in page.auto_paging_iter()]


@contextmanager
def _reported() -> Iterator[None]:
    """Turn what the library raises into one sentence; none of its own is repeated that may hold a secret."""
    import stripe

    try:
        yield
    except stripe.AuthenticationError:
        raise ProviderError(
            "Stripe refuses voip:stripeKey; set a valid one with `pulumi config set --secret voip:stripeKey`"
        ) from None
    except stripe.PermissionError as error:
        raise ProviderError(
            f"voip:stripeKey may not do that ({_text(error)}); give the restricted key that right"
        ) from None
    except stripe.APIConnectionError:
        raise ProviderError(
            "Stripe can't be reached; look at the network, then run the same command again"
        ) from None
    except stripe.RateLimitError:
        raise ProviderError("Stripe answers that it is asked too often; run it again in a minute") from None
    except stripe.StripeError as error:
        raise ProviderError(f"Stripe answers: {_text(error)}") from None


def _text(error: stripe.StripeError) -> str:
    return str(error.user_message or error).splitlines()[0].rstrip(".")


def changed(before: Mapping[str, Any], **wanted: Any) -> Object:
    """What of an object is not as wanted; nothing is said to Stripe as an empty text."""
    return {
        name: "" if value is None else value for name, value in wanted.items() if before.get(name) != value
    }
