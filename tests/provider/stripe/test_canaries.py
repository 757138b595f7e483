"""A secret is found nowhere but where it belongs: at Stripe, at the platform, and encrypted in the state."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.stripe_kills import PROGRAM, STACK
from sandbox.apis.process import log_of
from sandbox.apis.projects import Projects, Source
from sandbox.cluster import Cluster
from tests.beside import Processes
from tests.provider.stripe.conftest import DEARER, Shop

MADE_UP = {name: f"canary-of-{name}-4242" for name in ("SESSION_SECRET", "LERG_API_KEY")}
KEPT = {
    key: f"canary-of-voip:{key}-4242" for key in ("accessToken", "jwtSecret", "lergApiKey", "sessionSecret")
}
"""Of the provider's own config."""
SECRETS = """
from provider.schema.supabase import Secret

config = pulumi.Config("canary")
for name in ("STRIPE_SECRET_KEY", "SESSION_SECRET", "LERG_API_KEY"):
    declared(Secret(name=name), value=config.require_secret(name))
declared(Secret(name="STRIPE_WEBHOOK_SECRET"), value=hook.output("secret"))
"""


@pytest.fixture
def canaries(shop: Shop) -> dict[str, str]:
    """The values of the config, by name; the sandbox itself tells the project no key."""
    targets = shop.project.root / ".sandbox" / "targets.json"
    targets.write_text(targets.read_text("utf-8").replace(shop.account.key, ""), "utf-8")
    (shop.project.root / "__main__.py").write_text(PROGRAM + SECRETS, "utf-8")
    values = {**MADE_UP, "STRIPE_SECRET_KEY": shop.account.key}
    for name, value in values.items():
        shop.project.set(STACK, f"canary:{name}", value, secret=True)
    for key, value in {**KEPT, "stripeKey": shop.account.key}.items():
        shop.project.set(STACK, f"voip:{key}", value, secret=True)
    return values


def test_no_secret_is_told(
    shop: Shop, canaries: dict[str, str], sandbox_cluster: Cluster, tmp_path: Path
) -> None:
    preview = ("preview", "--stack", STACK)
    processes = Processes()
    with processes.watched():
        texts = [shop.project.pulumi(*preview, "--diff").text, shop.up().text]
        shop.want(DEARER)
        shop.account.tell("faults", "PUT", faults=[{"status": 402, "endpoint": "POST prices"}])
        texts += [shop.project.pulumi(*preview, "--json").text, shop.up(code=1).text]
        shop.account.tell("faults", "PUT", faults=[])
        texts += [shop.up().text, shop.project.pulumi(*preview, "--diff").text]
        texts += [
            shop.project.pulumi(*command, "--stack", STACK).text
            for command in (("stack", "export"), ("stack", "history"), ("config",), ("stack", "output"))
        ]
        _deploy(shop, sandbox_cluster)
        backup = shop.project.operations("backup", "--stack", STACK, "--part", "functions")
        assert backup.code == 0, backup.text

    told = Projects(sandbox_cluster.layout).read(shop.account.ref)
    assert told
    secrets = {name: secret.value for name, secret in told.secrets.items()}
    assert secrets == {**canaries, "STRIPE_WEBHOOK_SECRET": shop.secrets()["secret"]}
    secrets |= KEPT
    places = {f"output {number}": text for number, text in enumerate(texts)}
    places |= {f"command {command}": command for command in processes.commands}
    places |= {
        str(path): path.read_text("utf-8", "replace") for path in tmp_path.rglob("*") if path.is_file()
    }
    logs = (log_of(sandbox_cluster.layout), sandbox_cluster.layout.log)
    places |= {str(path): path.read_text("utf-8", "replace") for path in logs}
    places["requests"] = str(shop.account.tell("requests", "GET"))
    assert any("/.pulumi/history/" in place for place in places)
    assert any("/.pulumi/backups/" in place for place in places)
    assert any("/backups/" in place and place.endswith("hello/function.json") for place in places)
    assert any("engine" in command for command in processes.commands)
    found = {
        (name, place) for name, value in secrets.items() for place, text in places.items() if value in text
    }
    assert found == set()


def _deploy(shop: Shop, cluster: Cluster) -> None:
    """A function, so that there is one to back up."""
    projects = Projects(cluster.layout)
    project = projects.read(shop.account.ref)
    assert project
    files = projects.keep({"index.ts": b"Deno.serve(() => new Response());\n"})
    source = Source(entrypoint_path="index.ts", import_map_path=None, verify_jwt=True, bundle=files)
    project.deploy("hello", "hello", source)
    projects.write(project)
