"""The provider's view of a project of the sandbox's stand-in, with sources of the test's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from provider.registry import Kind, supabase_kinds
from provider.schema.bundle import ENTRYPOINT, IMPORT_MAP, bundle, digest
from provider.schema.supabase import Function
from provider.supabase.deployed import Deployed
from provider.supabase.management import Management
from provider.supabase.probe import Probe
from provider.supabase.stub import FILE as STUB
from provider.target import Target
from tests.fix_apis import Api


@dataclass
class Time:
    """A clock that passes only while somebody sleeps."""

    now: float = 1000.0

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@dataclass(frozen=True)
class Sources:
    """A folder of functions."""

    folder: Path

    @staticmethod
    def made(folder: Path) -> Sources:
        """One function `hello`, and what it shares with others."""
        made = Sources(folder)
        made.write("hello")
        made.share("x.ts", "export const x = 1;\n")
        (folder / IMPORT_MAP).write_text("{}", "utf-8")
        (folder / STUB).write_text("Deno.serve(() => new Response(null, { status: 503 }));\n", "utf-8")
        return made

    def write(self, slug: str, text: str = "Deno.serve(() => new Response());\n") -> None:
        self._put(f"{slug}/{ENTRYPOINT}", text)

    def share(self, name: str, text: str) -> None:
        self._put(f"_shared/{name}", text)

    def declared(self, slug: str, **replaced: object) -> Function:
        """A function of the folder as a program declares it."""
        values: dict[str, object] = {
            "slug": slug,
            "bundle": digest(bundle(self.folder, slug)),
            "entrypoint": f"{slug}/{ENTRYPOINT}",
            "importMap": IMPORT_MAP,
            "verifyJwt": True,
        }
        return Function.from_wire(values | replaced)

    def _put(self, name: str, text: str) -> None:
        (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / name).write_text(text, "utf-8")


@pytest.fixture
def sources(tmp_path: Path) -> Sources:
    """One function `hello`, and what it shares with others."""
    return Sources.made(tmp_path / "functions")


@pytest.fixture
def project(api: Api, sources: Sources) -> Target:
    """The target of a provider that works on the test's project."""
    return api.target(functions=sources.folder)


@dataclass(frozen=True)
class Plane:
    """What one provider process has of the API."""

    management: Management
    deployed: Deployed
    kinds: dict[str, Kind]

    def kind(self, shape: type) -> Kind:
        return self.kinds[shape.token]  # type: ignore[attr-defined]  # every shape has one


NewPlane = Callable[..., Plane]


@pytest.fixture
def time() -> Time:
    return Time()


@contextmanager
def planes(project: Target, time: Time) -> Iterator[NewPlane]:
    """Makes what a further provider process would have; whoever waits in it loses no time."""
    opened: list[Management] = []

    def make(target: Target = project, changes: list[None] | None = None, **given: object) -> Plane:
        waiting: dict[str, object] = {"clock": time.clock, "sleep": time.sleep, **given}
        management = Management(target, **waiting)  # type: ignore[arg-type]  # what is given is for the tests
        opened.append(management)
        noted = [] if changes is None else changes
        deployed = Deployed(management, lambda: noted.append(None))
        kinds = supabase_kinds(deployed, target, Probe(target, time.sleep))
        return Plane(management, deployed, dict(kinds))

    yield make
    for management in opened:
        management.close()


@pytest.fixture
def new_plane(project: Target, time: Time) -> Iterator[NewPlane]:
    """The same, for the test's project."""
    with planes(project, time) as make:
        yield make


@pytest.fixture
def plane(new_plane: NewPlane) -> Plane:
    """The API as one provider process has it."""
    return new_plane()


SHORT = httpx.Timeout(0.3)
"""For those who wait for an answer that never comes."""
