"""In which order things go, as the program tells the engine by dependencies."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any, cast

import pulumi
import pytest

from components import domain
from components.billing import FUNCTIONS
from components.rollout import DOMAINS, declarations, register
from provider.schema.shape import Shape
from tests.reached import settings_of

DISABLED = "voip:stripe:Retirement::billing/disabled"
STUBS = "voip:supabase:Retirement::billing/undeployed"
SECRETS = "voip:supabase:Retirement::environment/undeployed"
KEY = "voip:supabase:Secret::STRIPE_SECRET_KEY"


class Noted:
    """Stands in for a resource."""

    def __init__(self, shape: Shape, opts: pulumi.ResourceOptions, wired: object) -> None:
        self.shape: Any = shape
        self.before = cast(list[Noted], opts.depends_on)

    def output(self, name: str) -> str:
        return name

    def everything_before(self) -> Iterator[str]:
        for each in self.before:
            yield f"{each.shape.token}::{each.shape.id}"
            yield from each.everything_before()


@pytest.fixture(autouse=True)
def without_an_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(domain, "Declared", Noted)
    monkeypatch.setattr(pulumi.ComponentResource, "__init__", lambda *_, **__: None)
    monkeypatch.setattr(pulumi.ComponentResource, "register_outputs", lambda *_: None)
    monkeypatch.setattr(pulumi, "Alias", lambda **_: None)


def registered(phase: int) -> dict[str, Any]:
    settings = settings_of(phase)
    return dict(register(settings, declarations(settings)))


def test_back_from_payments_nobody_is_told_before_the_functions_stop_and_their_secrets_go() -> None:
    found = registered(4)
    assert set(found[STUBS].shape.out_of_use) == {each.slug for each in FUNCTIONS}
    assert DISABLED in found[STUBS].everything_before()
    assert KEY in found[SECRETS].shape.absent
    assert STUBS in found[SECRETS].everything_before()
    assert {*found[DISABLED].shape.absent} == {"voip:stripe:WebhookActivation::stripe-events"}


def test_in_their_time_nothing_of_payments_is_out_of_use() -> None:
    found = registered(5)
    assert (found[STUBS].shape.out_of_use, found[STUBS].shape.absent) == ([], [])
    assert found[DISABLED].shape.absent == []


@pytest.mark.parametrize("way", ["supabase", "postgres"])
def test_what_hangs_on_another_domain_s_goes_before_it(way: str) -> None:
    found = registered(1)
    gone = [key for key in found if key.startswith(f"voip:{way}:Retirement::")]
    order = [each.name for each in reversed(DOMAINS)]
    assert [key.partition("::")[2].partition("/")[0] for key in gone] == [
        name for name in order if f"::{name}/" in " ".join(gone)
    ]
    for earlier, later in pairwise(gone):
        assert earlier in found[later].everything_before()
