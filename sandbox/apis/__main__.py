"""python -m sandbox.apis ROOT: serves the stand-ins of one project, detached from whoever started it."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import sys
from pathlib import Path

import psycopg
import uvicorn

from sandbox import server
from sandbox.apis import process
from sandbox.apis.app import application
from sandbox.apis.keys import environment
from sandbox.apis.projects import Project, Projects
from sandbox.apis.stripe.books import Accounts
from sandbox.cluster import OWNER, Cluster
from sandbox.databases import database_of
from sandbox.edge.router import Router
from sandbox.errors import SandboxError
from sandbox.layout import Layout

KEPT_SECONDS = 75
"""How long an unused connection stays: longer than clients keep theirs, so that none is closed on them."""
PATIENCE_SECONDS = 1
LOOK_SECONDS = 2.0


def main(root: Path) -> int:
    """Serve until stopped, or until the project's folder is gone."""
    layout = Layout(root)
    ready, told = os.pipe()
    if os.fork():
        os.close(told)
        return 0 if os.read(ready, 1) else 1  # a child that fails closes the pipe without a word
    os.close(ready)
    os.setsid()
    try:
        with process.alive(layout) as mark:
            _serve(layout, mark, told)
    except SandboxError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _serve(layout: Layout, mark: int, told: int) -> None:
    own, edge = process.preferred_ports(layout)
    listening = _listen(layout, own)
    port = listening.getsockname()[1]
    token = process.token(layout)
    router = Router(layout.apis, f"http://127.0.0.1:{port}", token, server.free_port(layout, edge))
    app = application(
        Projects(layout),
        Accounts(layout, token),
        token,
        healthy=lambda ref: _healthy(layout, ref),
        environment=lambda project: _environment(layout, project, router.port, port),
        cluster=lambda: Cluster.load(layout),
    )
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=PATIENCE_SECONDS,
        timeout_keep_alive=KEPT_SECONDS,
        lifespan="on",
    )
    asyncio.run(_until_abandoned(uvicorn.Server(config), listening, router, layout, mark, told))


async def _until_abandoned(
    serving: uvicorn.Server, listening: socket.socket, router: Router, layout: Layout, mark: int, told: int
) -> None:
    task = asyncio.create_task(serving.serve([listening]))
    try:
        edge = router.port if await router.keep() else None
        process.record(layout, listening.getsockname()[1], edge)
        os.write(told, b".")
        os.close(told)
        while not task.done():
            await asyncio.wait([task], timeout=LOOK_SECONDS)
            serving.should_exit |= process.abandoned(layout, mark)
            if edge and not task.done():
                await router.keep()
    finally:
        router.end()
    await task


def _listen(layout: Layout, preferred: int | None) -> socket.socket:
    while True:
        port = server.free_port(layout, preferred)
        try:
            return socket.create_server(("127.0.0.1", port))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:  # else taken since it was found free
                raise


def _environment(layout: Layout, project: Project, edge: int, own: int) -> dict[str, str]:
    cluster = Cluster.load(layout)
    if cluster is None:
        return {}
    urls = (f"http://127.0.0.1:{edge}/{project.ref}", f"http://127.0.0.1:{own}")
    return environment(project, cluster, *urls)


def _healthy(layout: Layout, ref: str) -> bool:
    cluster = Cluster.load(layout)
    if cluster is None:
        return False
    try:
        with psycopg.connect(cluster.url(OWNER, database_of(ref)), connect_timeout=2) as connection:
            connection.execute("SELECT 1")
    except psycopg.OperationalError:
        return False
    return True


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
