"""A sandbox whose functions only a benchmark asks, and what each of its processes works for a request."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from bench import load
from provider.schema.bundle import IMPORT_MAP, bundle
from sandbox import databases, lifecycle
from sandbox.apis.projects import Project, Projects, Secret, Source
from sandbox.cluster import Cluster
from sandbox.databases import Target
from tests.billing.functions import FUNCTIONS
from tests.fix_sandbox import remove_sandbox

TICKS = os.sysconf("SC_CLK_TCK")
WARM_UP = 10_000
"""So many requests a function answers before those that count: by then V8 compiles little of it any more."""


@dataclass(frozen=True)
class Gateway:
    """A copy of staging behind the gateway."""

    cluster: Cluster
    target: Target

    @property
    def project(self) -> Project:
        project = Projects(self.cluster.layout).read(self.target.ref)
        assert project
        return project

    def url(self, slug: str) -> str:
        """Where a function is."""
        return f"{self.target.api_url}/functions/v1/{slug}"

    def deploy(self, slugs: Mapping[str, bool], **secrets: str) -> None:
        """Serve functions, each with whether the platform checks tokens, and tell all of them secrets."""
        projects, project = Projects(self.cluster.layout), self.project
        for slug, verify_jwt in slugs.items():
            files = dict(bundle(FUNCTIONS, slug))
            source = Source(
                entrypoint_path=f"{slug}/index.ts",
                import_map_path=IMPORT_MAP,
                verify_jwt=verify_jwt,
                bundle=projects.keep(files),
            )
            project.deploy(slug, slug, source)
        told = {"ALLOWED_ORIGINS": "https://app.example.com", "JWT_SECRET": project.jwt_secret, **secrets}
        project.secrets = {name: Secret(value, 0) for name, value in told.items()}
        projects.write(project)

    def ask(self, slug: str, sent: Sequence[bytes], at_a_time: int, wanted: int = 200) -> dict[str, Any]:
        """What it takes to have requests answered by a function that has answered WARM_UP before."""
        load.ask(self.url(slug), [sent[number % len(sent)] for number in range(WARM_UP)], at_a_time, wanted)
        before = self._worked()
        spent = load.ask(self.url(slug), sent, at_a_time, wanted)
        worked = {name: seconds - before.get(name, 0) for name, seconds in self._worked().items()}
        each = {"the load": spent.client, **worked}
        return {
            **spent.told(),
            "processor ms a request": {
                name: round(seconds * 1000 / len(sent), 3) for name, seconds in each.items()
            },
        }

    def _worked(self) -> dict[str, float]:
        """Seconds of a processor that each part has had; nothing where there is no /proc."""
        place = self.cluster.layout
        postmaster = int((place.data / "postmaster.pid").read_text().split()[0])
        stand_ins = json.loads((place.apis / "server.json").read_text())["pid"]
        found = [_process(path) for path in Path("/proc").glob("[0-9]*/stat")]
        router = next((each.pid for each in found if each.parent == stand_ins), 0)
        parts = {postmaster: "Postgres", stand_ins: "router", router: "functions"}
        result = dict.fromkeys(["router", "functions", "Postgres", "stand-ins"], 0.0)
        for pid, parent, seconds in found:
            part = "stand-ins" if pid == stand_ins else parts.get(parent)
            if part:
                result[part] += seconds
        return result


class _Process(NamedTuple):
    pid: int
    parent: int
    seconds: float


def _process(stat: Path) -> _Process:
    try:
        told = stat.read_text().rpartition(")")[2].split()
    except OSError:  # it has ended meanwhile
        return _Process(0, 0, 0)
    return _Process(int(stat.parent.name), int(told[1]), (int(told[11]) + int(told[12])) / TICKS)


@contextmanager
def gateway(ref: str) -> Iterator[Gateway]:
    """A copy of staging in a sandbox of its own."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "sandbox"
        root.mkdir()
        try:
            cluster = lifecycle.start(root)
            yield Gateway(cluster, databases.copy(cluster, "staging", ref, from_seed=True))
        finally:
            remove_sandbox(root)
