"""What is sold, as a person changes it: by commands, on a project that declares nothing else."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

import httpx
import pytest

from bench.stripe_kills import PROGRAM, STACK, UP, unsold
from components.billing import FUNCTION
from provider.schema.bundle import IMPORT_MAP, bundle
from provider.stripe.activation import signed
from sandbox.apis import process
from sandbox.apis.projects import Projects, Secret, Source
from sandbox.cluster import Cluster
from sandbox.databases import Target
from tests.beside import beside
from tests.billing.functions import FUNCTIONS
from tests.fix_project import Project
from tests.fix_stripe import Account
from tests.provider.stripe.conftest import DEARER, Shop, written


@dataclass
class Watcher:
    """Asks again and again which prices can be bought under a key."""

    account: Account
    key: str
    seen: list[tuple[int | None, ...]] = field(default_factory=list)

    def watching(self) -> AbstractContextManager[None]:
        return beside(self._watch)

    def _watch(self, ended: threading.Event) -> None:
        asked = {"lookup_keys[0]": self.key, "active": "true"}
        last = False
        while not last:
            last = ended.is_set()  # once more after the end
            found = self.account.api.get("/v1/prices", params=asked).json()["data"]
            self.seen.append(tuple(price["unit_amount"] for price in found))


def test_another_amount_is_shown_and_sold_without_a_gap(shop: Shop) -> None:
    shop.up()
    shop.silent()
    shop.want(DEARER)
    before = written(shop.account)
    shown = shop.changes()
    assert shown["voip:stripe:Price::year"] == {"op": "update", "unitAmount": "update"}
    assert shown["voip:stripe:PortalConfiguration::portal"]["op"] == "update"
    assert "voip:stripe:Price::month" not in shown
    told = shop.project.pulumi("preview", "--stack", STACK, "--diff").text
    assert "unitAmount: 99900 => 109900" in told
    assert written(shop.account) == before

    watcher = Watcher(shop.account, "year")
    with watcher.watching():
        shop.up()
    assert set(watcher.seen) == {(99900,), (109900,)}
    assert watcher.seen[0] == (99900,)
    assert watcher.seen[-1] == (109900,)
    with shop.accounts.open(shop.account.ref) as books:
        assert list(unsold(books)) == []
        old, new = [
            price for price in [*books.all("price")][::-1] if price["recurring"]["interval"] == "year"
        ]
    assert (old["active"], old["lookup_key"], old["unit_amount"]) == (False, None, 99900)
    assert (new["active"], new["lookup_key"], new["unit_amount"]) == (True, "year", 109900)
    shop.silent()


def test_an_endpoint_is_replaced_with_consent_and_both_secrets_are_known_meanwhile(shop: Shop) -> None:
    shop.up()
    (old,), before = shop.endpoints(), shop.secrets()["secret"]
    shop.alter("webhook_endpoint", api_version="2020-08-27")
    assert shop.changes()["voip:stripe:WebhookEndpoint::hook"] == {"op": "update", "apiVersion": "update"}
    made = written(shop.account)
    refused = shop.up(code=1)
    assert "another endpoint has another secret: consent with `pulumi config set replaceWebhook true`" in (
        " ".join(refused.text.split())
    )
    assert written(shop.account) == made
    assert shop.endpoints() == {old: "enabled"}

    shop.project.set(STACK, "replaceWebhook", "true")
    endpoint = "**voip:stripe:WebhookEndpoint::hook"
    run = shop.project.pulumi(*UP, "--target", endpoint)
    assert run.code == 0, run.text
    (new,) = shop.endpoints().keys() - {old}
    assert shop.endpoints() == {old: "enabled", new: "disabled"}
    known = shop.secrets()
    assert known["previousSecret"] == before
    assert known["secret"] not in ("", before)

    shop.up()
    assert shop.endpoints() == {new: "enabled"}
    shop.silent()
    shop.project.set(STACK, "replaceWebhook", "false")
    shop.up()
    assert shop.secrets() == {"secret": known["secret"], "previousSecret": ""}
    shop.silent()


SERVED = """
from provider.schema.supabase import Secret

both = pulumi.Output.all(hook.output("secret"), hook.output("previousSecret"))
declared(Secret(name="STRIPE_WEBHOOK_SECRET"), value=both.apply(lambda all: ",".join(filter(None, all))))
"""


@pytest.fixture
def listening(shop: Shop, sandbox_cluster: Cluster) -> Callable[[str], int]:
    """The webhook's function, which the update tells its secrets; gives its answer to a signed event."""
    projects = Projects(sandbox_cluster.layout)
    project = projects.read(shop.account.ref)
    apis = process.running(sandbox_cluster.layout)
    assert project
    assert apis
    source = Source(
        entrypoint_path=f"{FUNCTION}/index.ts",
        import_map_path=IMPORT_MAP,
        verify_jwt=False,
        bundle=projects.keep(dict(bundle(FUNCTIONS, FUNCTION))),
    )
    project.deploy(FUNCTION, FUNCTION, source)
    values = {"ALLOWED_ORIGINS": "https://app.example.com", "STRIPE_SECRET_KEY": shop.account.key}
    project.secrets = {name: Secret(value, 0) for name, value in values.items()}
    projects.write(project)
    (shop.project.root / "__main__.py").write_text(PROGRAM + SERVED, "utf-8")
    url = f"{apis.api_url(shop.account.ref)}/functions/v1/{FUNCTION}"

    def answer(secret: str) -> int:
        event = {"id": "evt_1", "object": "event", "type": "charge.refunded", "data": {"object": {}}}
        body, headers = signed(event, secret)
        return httpx.post(url, content=body, headers=headers, trust_env=False, timeout=60).status_code

    return answer


def test_what_both_endpoints_tell_is_believed_while_one_replaces_the_other(
    shop: Shop, listening: Callable[[str], int]
) -> None:
    shop.up()
    old = shop.secrets()["secret"]
    assert (listening(old), listening(f"{old}x")) == (200, 400)

    shop.alter("webhook_endpoint", api_version="2020-08-27")
    shop.project.set(STACK, "replaceWebhook", "true")
    shop.up()
    new = shop.secrets()["secret"]
    assert new != old
    assert (listening(old), listening(new), listening(f"{new}x")) == (200, 200, 400)

    shop.project.set(STACK, "replaceWebhook", "false")
    shop.up()
    assert (listening(old), listening(new)) == (400, 200)
    shop.silent()


def test_a_refresh_drops_no_endpoint(shop: Shop) -> None:
    shop.up()
    (live,), secret = shop.endpoints(), shop.secrets()["secret"]
    shop.account.stripe.v1.webhook_endpoints.delete(live)
    run = shop.project.pulumi("refresh", "--stack", STACK, "--yes")
    assert run.code == 0, run.text
    assert shop.secrets()["secret"] == secret
    assert shop.changes()["voip:stripe:WebhookEndpoint::hook"] == {"op": "update", "endpoint": "add"}
    assert "is gone from Stripe" in shop.up(code=1).text
    assert shop.endpoints() == {}
    shop.project.set(STACK, "replaceWebhook", "true")
    shop.up()
    assert list(shop.endpoints().values()) == ["enabled"]
    assert shop.secrets()["secret"] not in ("", secret)
    shop.silent()


def test_what_is_there_already_is_adopted_without_a_write(staging: Project, staging_copy: Target) -> None:
    run = staging.pulumi("up", "--stack", "staging", "--yes", "--skip-preview")
    assert run.code == 0, run.text
    with httpx.Client(headers={"authorization": f"Bearer {staging_copy.access_token}"}) as client:
        url = f"{staging_copy.management_url}/sandbox/{staging_copy.ref}/stripe/requests"
        asked = [each["endpoint"] for each in client.get(url).raise_for_status().json()]
    assert "GET prices" in asked
    assert [endpoint for endpoint in asked if not endpoint.startswith("GET")] == []


def test_what_is_no_longer_declared_is_archived(shop: Shop) -> None:
    shop.up()
    run = shop.project.pulumi("destroy", "--stack", STACK, "--yes")
    assert run.code == 0, run.text
    api = shop.account.stripe.v1
    assert [each.active for each in api.products.list().data] == [False]
    assert [each.active for each in api.prices.list().data] == [False, False]
    assert list(shop.endpoints().values()) == ["disabled"]


@pytest.mark.parametrize(
    ("key", "says"),
    [
        ("sk_live_canary4242", "voip:stripeKey is a live key, and staging takes test keys"),
        ("pk_test_canary4242", "voip:stripeKey is no secret key of Stripe's"),
        ("sk_test_canary4242", "Stripe refuses voip:stripeKey; set a valid one"),
    ],
)
def test_a_key_that_is_not_right_is_refused_and_nothing_is_written(shop: Shop, key: str, says: str) -> None:
    shop.project.set(STACK, "voip:stripeKey", key, secret=True)
    for command in (UP, ("preview", "--stack", STACK)):
        run = shop.project.pulumi(*command)
        assert "canary" not in run.text
        if command == UP or "live" in key or key.startswith("pk"):
            assert run.code == 1
            assert says in " ".join(run.text.split())
    assert written(shop.account) == {}
    assert "canary" not in shop.project.state(STACK).decode()
