"""Fixtures on the stand-ins of Supabase's APIs: a project for each test that asks, without a database."""

from __future__ import annotations

import json
import random
import string
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from provider.target import Target
from sandbox.apis import process, seeds
from sandbox.apis.process import Apis
from sandbox.apis.projects import Project, Projects
from sandbox.cluster import Cluster
from tests.targets import target_of


@dataclass(frozen=True)
class Api:
    """One project, as a client of the Management API sees it."""

    ref: str
    client: httpx.Client
    projects: Projects

    def target(self, **given: Any) -> Target:
        """That of a provider that works on it; what is given replaces its values."""
        token = self.client.headers["authorization"].removeprefix("Bearer ")
        url = str(self.client.base_url).rstrip("/")
        return target_of(self.ref, **({"management_url": url, "access_token": token} | given))

    def request(self, method: str, path: str, **given: object) -> httpx.Response:
        """A request below the project."""
        return self.client.request(method, f"/v1/projects/{self.ref}{path}", **given)  # type: ignore[arg-type]

    def deploy(
        self, slug: str, files: Mapping[str, str], *, query: str = "", **metadata: object
    ) -> httpx.Response:
        """A deployment of files, the first of which is the entrypoint."""
        told = {"entrypoint_path": next(iter(files), "index.ts"), **metadata}
        return self.request(
            "POST",
            f"/functions/deploy?slug={slug}{query}",
            data={"metadata": json.dumps(told)},
            files=[("file", (path, content.encode())) for path, content in files.items()],
        )

    def fail(self, *faults: Mapping[str, object], seed: int = 0) -> None:
        """Tell the stand-in to fail; no fault, no failure."""
        self._tell("PUT", "faults", {"faults": faults, "seed": seed})

    def limit(self, requests: int, seconds: float = 60) -> None:
        """Another rate limit, with no request counted yet."""
        self._tell("PUT", "rate", {"requests": requests, "seconds": seconds})

    def counted(self) -> dict[tuple[str, int], int]:
        """How many requests there were, by endpoint and status."""
        answer = self.client.get(f"/sandbox/{self.ref}/requests")
        return {(each["endpoint"], each["status"]): each["count"] for each in answer.json()}

    @property
    def live(self) -> Project:
        """The project as the stand-in keeps it."""
        found = self.projects.read(self.ref)
        assert found
        return found

    def _tell(self, method: str, what: str, wanted: object) -> None:
        answer = self.client.request(method, f"/sandbox/{self.ref}/{what}", json=wanted)
        assert answer.status_code == 204, answer.text


@pytest.fixture(scope="session")
def apis(sandbox_cluster: Cluster) -> Apis:
    """The stand-ins of the run's sandbox."""
    up = process.running(sandbox_cluster.layout)
    assert up
    return up


@pytest.fixture(scope="session")
def client(apis: Apis) -> Iterator[httpx.Client]:
    """Speaks to the stand-ins with their token."""
    headers = {"authorization": f"Bearer {apis.token}"}
    with httpx.Client(base_url=apis.url, headers=headers, trust_env=False) as opened:
        yield opened


@pytest.fixture
def api(sandbox_cluster: Cluster, client: httpx.Client) -> Iterator[Api]:
    """A new project of the stand-ins, for this test alone."""
    projects = Projects(sandbox_cluster.layout)
    ref = "".join(random.choices(string.ascii_lowercase, k=20))  # noqa: S311  a name, as the real ones are
    project = seeds.blank(ref)
    projects.write(project)
    yield Api(ref, client, projects)
    projects.remove(ref)
