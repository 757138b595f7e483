"""Back from a phase by commands, as those see it who use the environment meanwhile."""

from __future__ import annotations

import threading
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bench.walk import walked
from operations.rollback.stubs import PAYMENTS
from provider.supabase import stub
from sandbox import databases
from sandbox.apis.projects import Projects
from sandbox.cluster import Cluster
from sandbox.databases import Target
from tests.beside import beside
from tests.fix_project import ROOT, Project

STUB = stub.files(ROOT / "functions")


@dataclass
class Shop:
    """What a project serves, and whether Stripe tells it of anything."""

    cluster: Cluster
    ref: str
    told_in_vain: list[str] = field(default_factory=list)
    """Each function of payments that was gone or out of use while the endpoint was still enabled."""

    def stubs(self) -> set[str]:
        """The functions of payments that are out of use."""
        return {slug for slug in PAYMENTS if self._files(slug) == STUB}

    def told(self) -> bool:
        """Whether an endpoint is enabled."""
        with databases.accounts(self.cluster).open(self.ref) as books:
            return any(each["status"] == "enabled" for each in books.all("webhook_endpoint"))

    def watched(self) -> AbstractContextManager[None]:
        """Look again and again until the end of the block, and once more."""
        return beside(self._watch)

    def _watch(self, ended: threading.Event) -> None:
        last = False
        while not last:
            last = ended.is_set()
            # Functions first: an endpoint that is enabled after one was looked at was so before it too.
            out_of_use = [slug for slug in PAYMENTS if self._files(slug) in (None, STUB)]
            if out_of_use and self.told():
                self.told_in_vain += out_of_use
            threading.Event().wait(0.02)

    def _files(self, slug: str) -> dict[str, bytes] | None:
        projects = Projects(self.cluster.layout)
        project = projects.read(self.ref)
        assert project
        live = project.functions.get(slug)
        return dict(projects.files(live.source.bundle)) if live else None


@pytest.fixture
def shop(sandbox_cluster: Cluster, staging_copy: Target) -> Shop:
    return Shop(sandbox_cluster, staging_copy.ref)


def test_back_from_payments_stripe_is_told_first(staging: Project, shop: Shop) -> None:
    assert shop.told()
    assert shop.stubs() == set()
    with shop.watched():
        staging.walk("staging", [4])
    assert shop.told_in_vain == []
    assert shop.stubs() == set(PAYMENTS)
    assert not shop.told()
    run = staging.pulumi("preview", "--stack", "staging", "--expect-no-changes")
    assert run.code == 0, run.text

    staging.walk("staging", [5])
    assert shop.stubs() == set()
    assert shop.told()
    run = staging.pulumi("preview", "--stack", "staging", "--expect-no-changes")
    assert run.code == 0, run.text


def test_two_phases_are_walked_forward_and_back(sandbox_cluster: Cluster, tmp_path: Path) -> None:
    """`bench/walk.py` walks all of them."""
    stops = list(walked(sandbox_cluster, tmp_path, last=2, served=False))
    assert [(stop.phase, stop.faults) for stop in stops] == [(phase, []) for phase in (1, 0, 1, 2, 1, 2)]
    assert stops[3].schema == stops[5].schema != stops[4].schema
