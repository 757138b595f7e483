"""Payments must stop: their functions do harm, and then answer that they are out of use."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from operations.errors import OperationError
from operations.rollback.stubs import put_stubs
from provider.supabase import stub
from provider.target import Target
from tests.billing.functions import served
from tests.fix_apis import Api


def test_every_function_of_payments_is_replaced(api: Api, target: Target) -> None:
    api.deploy("stripe-events", {"index.ts": "harmful()"}, verify_jwt=False)
    api.deploy("create-checkout-session", {"index.ts": "harmful()"}, verify_jwt=True)
    api.deploy("ping-status", {"index.ts": "fine()"}, verify_jwt=False)
    assert list(put_stubs(target)) == ["create-checkout-session", "stripe-events"]
    live = api.live.functions
    sources = {slug: dict(api.projects.files(live[slug].source.bundle)) for slug in live}
    assert sources == {
        "stripe-events": stub.files(target.functions),
        "create-checkout-session": stub.files(target.functions),
        "ping-status": {"index.ts": b"fine()"},
    }
    asked = {slug: live[slug].source.verify_jwt for slug in live}
    assert asked == {"stripe-events": False, "create-checkout-session": True, "ping-status": False}


def test_where_nothing_is_served_nothing_is_stopped(api: Api, target: Target) -> None:
    api.deploy("ping-status", {"index.ts": "fine()"})
    with pytest.raises(OperationError, match="no function of payments is served"):
        list(put_stubs(target))


def test_a_stub_tells_to_try_again(tmp_path: Path) -> None:
    (tmp_path / "index.ts").write_bytes(stub.files(Path("functions"))["index.ts"])
    with served(str(tmp_path), {}, tmp_path / "function.log") as url:
        answer = httpx.post(url, json={}, trust_env=False)
        asked = httpx.options(url, trust_env=False)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "3600")
    assert answer.json()["error"]["code"] == "unavailable"
    assert (asked.status_code, asked.headers["access-control-allow-origin"]) == (204, "*")
