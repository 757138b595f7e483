"""Checks of a Stripe account: whether it takes payments, and whether what is sold can be bought."""

from __future__ import annotations

from collections.abc import Iterator

from provider.schema.rollout import Check, Sold
from provider.stripe.account import Account, only, tagged


def run(account: Account, check: Check) -> str | None:
    """Look at all that a check names; returns what was seen and what was wanted, or None where all is so."""
    return next(_problems(account, check.stripe or Sold()), None)


def _problems(account: Account, wanted: Sold) -> Iterator[str]:
    if wanted.charges:
        yield from _charges(account)
    if wanted.product:
        yield from _product(account, wanted.product)
    for key in wanted.prices:
        yield from _price(account, key)
    if wanted.endpoint:
        yield from _endpoint(account, wanted.endpoint, set(wanted.events))
    if wanted.portal:
        yield from _portal(account, wanted.portal)


def _charges(account: Account) -> Iterator[str]:
    if account.in_trial:
        yield "saw the test key of a trial (voip:stripeTrial), wanted a live one"
    # In test mode also an account that nobody has activated takes what goes for payments.
    elif account.mode == "live" and not account.standing()["charges_enabled"]:
        yield "saw an account that may not take payments, wanted one that may: Stripe's dashboard tells why"


def _product(account: Account, name: str) -> Iterator[str]:
    found = only(tagged(account.products(), name), f"the product {name}")
    if found is None or not found["active"]:
        yield f"saw {'no' if found is None else 'an archived'} product {name}, wanted one that is sold"


def _price(account: Account, key: str) -> Iterator[str]:
    found = [each for each in account.prices() if each["lookup_key"] == key and each["active"]]
    if len(found) != 1:
        yield f"saw {len(found)} prices that can be sold under {key}, wanted one"


def _endpoint(account: Account, name: str, events: set[str]) -> Iterator[str]:
    told = [each for each in tagged(account.endpoints(), name) if each["status"] == "enabled"]
    if len(told) != 1:
        yield f"saw {len(told)} enabled endpoints {name}, wanted one"
    elif different := events.symmetric_difference(told[0]["enabled_events"]):
        more, fewer = sorted(different - events), sorted(different & events)
        listed = [f"also {each}" for each in more] + [f"not {each}" for each in fewer]
        yield f"saw {name} told of {', '.join(listed)}, wanted exactly what the function handles"


def _portal(account: Account, name: str) -> Iterator[str]:
    found = only(tagged(account.configurations(), name), f"the portal's configuration {name}")
    if found is None or not found["active"]:
        yield f"saw {'no' if found is None else 'an inactive'} configuration {name}, wanted one in use"
