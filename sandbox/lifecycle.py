"""Start, stop and reset the sandbox. To start one that is up is quick: previews do it every time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from sandbox import server
from sandbox.apis import process
from sandbox.apis.process import Apis
from sandbox.cluster import Cluster
from sandbox.errors import SandboxError
from sandbox.layout import PROJECT, Layout

# What brings psycopg or the wheel in is imported where it is used: a start that finds all well needs neither.
# For the same reason the values on that way are named tuples: the module of dataclasses is slow to load.


class Status(NamedTuple):
    """What is there, found out without changing anything."""

    cluster: Cluster | None
    running: bool
    apis: Apis | None
    outdated: bool


def silent(_: str) -> None:
    """Reports progress to nobody."""


def start(root: Path = PROJECT, say: Callable[[str], None] = silent) -> Cluster:
    """The project's cluster, up and complete: made, repaired or started if it wasn't."""
    layout = Layout(root.resolve())
    up = _up(layout)
    if up and process.complete(layout) and layout.targets.exists():
        return up
    with layout.locked():
        cluster = _up(layout) or _start_built(layout) or _make(layout, say)
        _serve(cluster)
    return cluster


def stop(root: Path = PROJECT) -> bool:
    """Stops the servers, ending their sessions; False when none was up."""
    layout = Layout(root.resolve())
    if not layout.directory.exists():
        return False
    with layout.locked():
        # Both, whether or not the first was up.
        return any([process.stop(layout), server.stop(layout)])


def reset(root: Path = PROJECT, say: Callable[[str], None] = silent) -> Cluster:
    """Both environments as new, or the whole cluster if what it was built from has changed since."""
    from sandbox import databases

    layout = Layout(root.resolve())
    with layout.locked():
        built = None if _outdated(Cluster.load(layout)) else _up(layout) or _start_undamaged(layout)
        cluster = built or _make(layout, say)
        if built:
            databases.reset(built)
        _serve(cluster)
    return cluster


def status(root: Path = PROJECT) -> Status:
    layout = Layout(root.resolve())
    cluster = Cluster.load(layout)
    return Status(
        cluster,
        running=_up(layout) is not None,
        apis=process.running(layout),
        outdated=_outdated(cluster),
    )


def running(root: Path = PROJECT) -> Cluster:
    """The project's cluster, which must be up."""
    up = _up(Layout(root.resolve()))
    if up is None:
        raise SandboxError("The sandbox isn't running. Start it: python -m sandbox start")
    return up


def _up(layout: Layout) -> Cluster | None:
    cluster = Cluster.load(layout)
    return cluster if cluster and server.running_port(layout) == cluster.port else None


def _serve(cluster: Cluster) -> None:
    """The stand-ins beside the databases, and how all of them are reached."""
    from sandbox import databases

    databases.seed_projects(cluster)
    process.start(cluster.layout)
    databases.publish(cluster)


def _outdated(cluster: Cluster | None) -> bool:
    from sandbox import sources

    return cluster is not None and cluster.built_from != sources.fingerprint()


def _start_built(layout: Layout) -> Cluster | None:
    from sandbox import installation

    cluster = Cluster.load(layout)
    if cluster is None or not (layout.data / "PG_VERSION").exists():
        return None
    port = server.start(layout, installation.find(layout), cluster.port)
    if port != cluster.port:
        process.stop(layout)  # functions have been told the old one
    cluster = cluster._replace(port=port)
    cluster.save()
    return cluster


def _start_undamaged(layout: Layout) -> Cluster | None:
    try:
        return _start_built(layout)
    except SandboxError:
        return None  # whatever is wrong and isn't mended by new files is met again when they are made


def _make(layout: Layout, say: Callable[[str], None]) -> Cluster:
    from sandbox import making

    say("Building the sandbox: a Postgres 17 with production and staging, once, in a few seconds ...")
    return making.make(layout)
