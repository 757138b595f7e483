"""What each environment's account holds before anybody has changed it."""

from __future__ import annotations

from typing import Any

import msgspec
import yaml

from sandbox.apis.seeds import SEEDS
from sandbox.apis.stripe.books import Accounts


class Seed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An account as it was found."""

    livemode: bool
    objects: list[dict[str, Any]]


def as_built(accounts: Accounts, environment: str, ref: str) -> None:
    """Make an environment's account as it was found, under a ref."""
    text = (SEEDS / "stripe" / f"{environment}.yaml").read_text("utf-8").replace("REF", ref)
    seed = msgspec.convert(yaml.safe_load(text), Seed)
    accounts.make(ref, livemode=seed.livemode)
    with accounts.open(ref) as books:
        for item in seed.objects:
            books.put(books.blank(item["object"], **item))


def copied(accounts: Accounts, source: str, ref: str) -> None:
    """Copy another account as it is now, with what it tells its project told to the new one."""
    accounts.copy(source, ref)
    with accounts.open(ref) as books:
        for endpoint in books.all("webhook_endpoint"):
            books.put(endpoint | {"url": endpoint["url"].replace(f"//{source}.", f"//{ref}.")})


def blank(accounts: Accounts, ref: str) -> None:
    """Make a new account."""
    accounts.make(ref, livemode=False)
