"""Deployments by way of an API that fails at random: all converge, and no function is ever gone."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
import uvicorn

from provider.errors import ProviderError
from provider.schema.shape import Shape
from provider.schema.supabase import Function
from provider.target import Target
from sandbox.apis import seeds
from sandbox.apis.app import application
from sandbox.apis.projects import Project, Projects
from sandbox.apis.stripe.books import Accounts
from sandbox.layout import Layout
from tests.provider.supabase.conftest import SHORT, NewPlane, Plane, Sources

REF = "abcdefghijklmnopqrst"
TOKEN = "sbp_test"
DEPLOYMENTS = 100
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


class Observed(Projects):
    """Keeps every state that the project ever was in, as there is no other place through which it changes."""

    def __init__(self, layout: Layout) -> None:
        super().__init__(layout)
        self.states: list[dict[str, bool]] = []

    def write(self, project: Project) -> None:
        super().write(project)
        self.states.append({slug: each.source.verify_jwt for slug, each in project.functions.items()})


@pytest.fixture
def observed(sources: Sources) -> Observed:
    layout = Layout(sources.folder.parent)
    layout.directory.mkdir()
    projects = Observed(layout)
    projects.write(seeds.blank(REF))
    return projects


@pytest.fixture
def failing(observed: Observed, project: Target, tmp_path: Path) -> Iterator[Target]:
    """A stand-in within this process, which fails more often than not."""
    config = uvicorn.Config(
        application(
            observed,
            Accounts(Layout(tmp_path), TOKEN),
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
    port = server.servers[0].sockets[0].getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    wanted = {"faults": FAULTS, "seed": 11}
    headers = {"authorization": f"Bearer {TOKEN}"}
    httpx.put(f"{url}/sandbox/{REF}/rate", json={"requests": 10**9, "seconds": 1}, headers=headers)
    httpx.put(f"{url}/sandbox/{REF}/faults", json=wanted, headers=headers)
    yield replace(project, project_ref=REF, management_url=url, access_token=TOKEN)
    server.should_exit = True
    thread.join()


def deploy(plane: Plane, sources: Sources, known: dict[str, Shape]) -> None:
    """What an update does: each function is read, and made or changed where it differs."""
    kind = plane.kind(Function)
    for slug, verify in CHECKED.items():
        wanted = kind.check(sources.declared(slug, verifyJwt=verify))
        live = kind.read(slug, known.get(slug))
        if live is None:
            known[slug] = kind.create(wanted)
        elif kind.diff(live, wanted):
            known[slug] = kind.update(live, wanted)


def test_each_deployment_converges(
    new_plane: NewPlane, sources: Sources, observed: Observed, failing: Target
) -> None:
    chance = random.Random(3)  # noqa: S311  to be repeated
    failed = 0
    known: dict[str, Shape] = {}
    for slug in CHECKED:
        sources.write(slug, "0")
    for number in range(DEPLOYMENTS):
        for slug in chance.sample(sorted(CHECKED), 2):
            sources.write(slug, str(number))
        while True:
            try:
                deploy(new_plane(failing, timeout=SHORT), sources, known)
                break
            except ProviderError:
                failed += 1
        live = observed.read(REF)
        assert live
        for slug in CHECKED:
            files = observed.files(live.functions[slug].source.bundle)
            assert files[f"{slug}/index.ts"] == (sources.folder / slug / "index.ts").read_bytes()
    assert failed > 0, "some deployments end in the middle, and the next ones go on"
    assert_never_missing(observed.states)


def assert_never_missing(states: list[dict[str, bool]]) -> None:
    assert len(states) > DEPLOYMENTS
    seen: set[str] = set()
    for state in states:
        assert seen <= state.keys(), "no function that was there is ever gone"
        seen = set(state)
        assert state == {slug: CHECKED[slug] for slug in state}, "nothing but what was asked for"
    assert seen == CHECKED.keys()
