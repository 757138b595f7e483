"""A copy of production with a project folder of its own: at any phase kept, and put back as it was kept.

Shared by the benches that walk the phases (`bench.walk`) and that kill updates on the way
(`bench.phase_kills`).
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx

from sandbox import databases
from sandbox.apis.projects import Projects
from sandbox.cluster import Cluster
from sandbox.databases import Target
from settings import LAST_PHASE
from tests.fix_project import Project, Run, project_at
from tests.witness import objects

STACK = "production"
UP = ("up", "--stack", STACK, "--yes", "--skip-preview")
PHASES = range(1, LAST_PHASE + 1)
_WRITTEN = (".sandbox/state", "backups", f"Pulumi.{STACK}.yaml")
"""What commands write below a project's folder."""


@dataclass(frozen=True)
class Production:
    """A target, and the project whose stack it is."""

    cluster: Cluster
    target: Target
    project: Project
    kept: Path

    def step(self, phase: int) -> Run:
        """Take a step of the rollout as a person types it."""
        return self.project.step(STACK, phase)

    def silent(self) -> str:
        """What a preview still shows; empty where it shows nothing."""
        run = self.project.pulumi("preview", "--stack", STACK, "--expect-no-changes")
        return run.text[-2000:] if run.code else ""

    def keep(self, phase: int) -> None:
        """Remember all of it as it is now, as what it is at a phase."""
        databases.copy(self.cluster, self.target.ref, self._ref(phase))
        for name in _WRITTEN:
            _replace(self.project.root / name, self.kept / str(phase) / name)

    def put_back(self, phase: int) -> None:
        """Make all of it what it was at a phase."""
        databases.put_back(self.cluster, self.target.ref, self._ref(phase))
        for name in _WRITTEN:
            _replace(self.kept / str(phase) / name, self.project.root / name)

    def beside(self) -> dict[str, Any]:
        """What is there beside the database: functions with bundles, secrets' names, Stripe's objects."""
        project = Projects(self.cluster.layout).read(self.target.ref)
        assert project
        with databases.accounts(self.cluster).open(self.target.ref) as books:
            sold = [(kind, _name(each), _state(each)) for kind in _KINDS for each in books.all(kind)]
        return {
            "functions": {
                slug: (each.source.bundle, each.source.verify_jwt) for slug, each in project.functions.items()
            },
            "secrets": sorted(project.secrets),
            "stripe": sorted(sold),
        }

    def requests(self) -> dict[str, int]:
        """How often the Management API was asked since the last look, by endpoint and the answer's status."""
        base, token = self.target.management_url, self.target.access_token
        with httpx.Client(
            base_url=base, headers={"authorization": f"Bearer {token}"}, trust_env=False
        ) as api:
            log = f"/sandbox/{self.target.ref}/requests"
            told = api.get(log).raise_for_status().json()
            api.delete(log).raise_for_status()
        return {f"{each['endpoint']} {each['status']}": each["count"] for each in told}

    def _ref(self, phase: int) -> str:
        return f"{self.target.ref}_{phase}"

    def forget(self) -> None:
        """Drop all that was kept."""
        for phase in (0, *PHASES):
            if any(each.ref == self._ref(phase) for each in databases.targets(self.cluster)):
                databases.drop(self.cluster, self._ref(phase))


@dataclass(frozen=True)
class There:
    """What a phase is, for who went straight to it."""

    schema: dict[str, frozenset[str]]
    beside: dict[str, Any]

    @classmethod
    def at(cls, production: Production) -> There:
        """As it is now."""
        return cls(objects(production.cluster, production.target), production.beside())


@contextmanager
def adopted(cluster: Cluster, ref: str, folder: Path, *, served: bool) -> Iterator[Production]:
    """A copy of production as it was found, adopted, with consent to all that can be consented to.

    Functions that nobody serves are asked for nothing, which is what takes the longest.
    """
    target = databases.copy(cluster, STACK, ref, from_seed=True)
    made = Production(cluster, target, project_at(folder / "a project"), folder / "kept")
    try:
        made.project.point(STACK, target if served else replace(target, api_url=""))
        made.project.adopt(STACK)
        made.project.consent(STACK)
        yield made
    finally:
        made.forget()
        databases.drop(cluster, ref)


_KINDS = ("product", "price", "billing_portal.configuration", "webhook_endpoint")


def _name(item: dict[str, Any]) -> str:
    return str(item.get("lookup_key") or item.get("unit_amount") or (item["metadata"] or {}).get("voip", ""))


def _state(item: dict[str, Any]) -> str:
    # Stripe deactivates no account's default configuration, so that one stays on the way back.
    return "default" if item.get("is_default") else str(item.get("status", item.get("active")))


def _replace(source: Path, place: Path) -> None:
    if place.is_dir():
        shutil.rmtree(place)
    place.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, place)
    elif source.exists():
        shutil.copy(source, place)
