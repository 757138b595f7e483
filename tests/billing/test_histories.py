"""Random histories end with the profile as Stripe has it; `python -m bench.histories` plays a thousand."""

from __future__ import annotations

from pathlib import Path

from components.billing import EVENTS
from sandbox.databases import Target
from tests.billing.functions import served
from tests.billing.histories import History, listen
from tests.fix_stripe import OpenAccount

HISTORIES = 12


def test_every_history_ends_as_stripe_says(
    staging_copy: Target, open_account: OpenAccount, tmp_path: Path
) -> None:
    account = open_account("staging")
    place = "http://127.0.0.1:9"
    secret = listen(account, f"{place}/stripe-events", list(EVENTS))
    environment = {
        "ALLOWED_ORIGINS": "https://app.example.com",
        "SUPABASE_DB_URL": staging_copy.database_url,
        "STRIPE_SECRET_KEY": account.key,
        "STRIPE_API_URL": str(account.api.base_url),
        "STRIPE_WEBHOOK_SECRET": secret,
        "JWT_SECRET": "of the tests alone, long enough for HS256",
    }
    log = tmp_path / "function.log"
    with served("stripe-events", environment, log) as url:
        account.tell("routes", "PUT", **{place: url})
        for seed in range(HISTORIES):
            history = History(account, staging_copy.database_url, seed)
            wrong = history.live()
            assert not wrong, (seed, wrong, history.actions, history.profile(), history.wanted())
    told = log.read_text("utf-8")
    assert account.key not in told
    assert secret not in told
