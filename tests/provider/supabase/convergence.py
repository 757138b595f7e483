"""Deployments by way of an API that fails at random, and every state that the project was in."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import httpx
import uvicorn

from provider.errors import ProviderError
from provider.schema.shape import Shape
from provider.schema.supabase import Function
from sandbox.apis import seeds
from sandbox.apis.app import application
from sandbox.apis.projects import Project, Projects
from sandbox.apis.stripe.books import Accounts
from sandbox.layout import Layout
from tests.provider.supabase.conftest import SHORT, NewPlane, Plane, Sources, Time, planes
from tests.targets import target_of

REF = "abcdefghijklmnopqrst"
TOKEN = "sbp_test"
CHECKED = {"one": True, "two": False, "three": True, "four": False}
"""Each function, with whether it asks for a token."""
FAULTS = [
    {"kind": "timeout", "probability": 0.01},
    {"kind": "timeout", "probability": 0.01, "applied": True},
    {"kind": "cut", "probability": 0.15},
    {"status": 429, "retry_after": 1, "probability": 0.1},
    {"status": 500, "probability": 0.25},
    {"status": 502, "probability": 0.25, "applied": True},
]

State = dict[str, bool]
"""The functions that are there, each with whether it asks for a token."""


class Observed(Projects):
    """Keeps every state that the project ever was in, as there is no other place through which it changes."""

    def __init__(self, layout: Layout) -> None:
        super().__init__(layout)
        self.states: list[State] = []

    def write(self, project: Project) -> None:
        super().write(project)
        self.states.append({slug: each.source.verify_jwt for slug, each in project.functions.items()})


@dataclass(frozen=True)
class Deployment:
    """One update, by however many attempts, and what came of it."""

    seed: int
    changed: list[str]
    attempts: int
    faults: dict[str, int]
    requests: dict[str, int]
    """How many there were, by endpoint."""
    states: int
    missing: list[str]
    """Functions that were there before, and at some instant weren't."""
    changed_verify_jwt: list[str]
    """Functions that at some instant asked for a token and shouldn't, or the other way round."""
    unlike_sources: list[str]
    """Functions that in the end weren't what their sources say."""


@dataclass
class Failing:
    """A project whose API fails more often than not."""

    sources: Sources
    observed: Observed
    api: httpx.Client
    new_plane: NewPlane
    known: dict[str, Shape] = field(default_factory=dict)

    def deploy(self, seed: int) -> Deployment:
        """Change two functions, or make all of them, and update until an update succeeds."""
        changed = random.Random(seed).sample(sorted(CHECKED), 2)  # noqa: S311  to be repeated
        for slug in changed if self.known else CHECKED:
            self.sources.write(slug, f"// {seed}")
        self.api.delete("requests").raise_for_status()
        self.api.put("faults", json={"faults": FAULTS, "seed": seed}).raise_for_status()
        before = len(self.observed.states) - 1
        attempts = 1
        while not self._updated():
            attempts += 1
        states = self.observed.states[before:]
        requests = Counter[str]()
        for each in self.api.get("requests").json():
            requests[each["endpoint"]] += each["count"]
        return Deployment(
            seed=seed,
            changed=changed,
            attempts=attempts,
            faults=self.api.get("faults").json(),
            requests=dict(requests),
            states=len(states) - 1,
            missing=missing(states),
            changed_verify_jwt=changed_verify_jwt(states),
            unlike_sources=[slug for slug in CHECKED if not self._as_written(slug)],
        )

    def _updated(self) -> bool:
        try:
            update(self.new_plane(timeout=SHORT), self.sources, self.known)
        except ProviderError:
            return False
        return True

    def _as_written(self, slug: str) -> bool:
        live = self.observed.read(REF)
        assert live
        files = self.observed.files(live.functions[slug].source.bundle)
        return files[f"{slug}/index.ts"] == (self.sources.folder / slug / "index.ts").read_bytes()


def update(plane: Plane, sources: Sources, known: dict[str, Shape]) -> None:
    """What an update does: each function is read, and made or changed where it differs."""
    kind = plane.kind(Function)
    for slug, verify in CHECKED.items():
        wanted = kind.check(sources.declared(slug, verifyJwt=verify))
        live = kind.read(slug, known.get(slug))
        if live is None:
            known[slug] = kind.create(wanted)
        elif kind.diff(live, wanted):
            known[slug] = kind.update(live, wanted)


def missing(states: list[State]) -> list[str]:
    """Functions of which there is a state without them after one with them."""
    return sorted({slug for one, other in pairwise(states) for slug in one.keys() - other.keys()})


def changed_verify_jwt(states: list[State]) -> list[str]:
    """Functions of which there is a state that wasn't asked for."""
    return sorted({slug for state in states for slug, verify in state.items() if verify != CHECKED[slug]})


@contextmanager
def failing(folder: Path) -> Iterator[Failing]:
    """A new project of a stand-in within this process."""
    sources = Sources.made(folder / "functions")
    layout = Layout(folder)
    layout.directory.mkdir()
    observed = Observed(layout)
    observed.write(seeds.blank(REF))
    with (
        _stand_in(observed, folder) as url,
        httpx.Client(
            base_url=f"{url}/sandbox/{REF}/", headers={"authorization": f"Bearer {TOKEN}"}, trust_env=False
        ) as api,
        planes(
            target_of(REF, functions=sources.folder, management_url=url, access_token=TOKEN), Time()
        ) as new_plane,
    ):
        api.put("rate", json={"requests": 10**9, "seconds": 1}).raise_for_status()
        yield Failing(sources, observed, api, new_plane)


@contextmanager
def _stand_in(observed: Observed, folder: Path) -> Iterator[str]:
    config = uvicorn.Config(
        application(
            observed,
            Accounts(Layout(folder), TOKEN),
            TOKEN,
            healthy=lambda _: True,
            environment=lambda _: {},
            cluster=lambda: None,
        ),
        port=0,
        log_level="critical",
        lifespan="off",
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        assert thread.is_alive()
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
