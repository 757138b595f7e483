"""Makes the cluster: data directory, passwords, server, content."""

from __future__ import annotations

import os
import secrets
import shutil

from sandbox import build, databases, installation, server, sources
from sandbox.cluster import ADMIN, LOGIN_ROLES, Cluster
from sandbox.errors import SandboxError
from sandbox.installation import Installation
from sandbox.layout import Layout, abandoned, write_private


def make(layout: Layout) -> Cluster:
    """A new cluster, with its databases, in place of whatever is there. Call under the lock."""
    before = Cluster.load(layout)
    layout.create()
    for gone in abandoned():
        server.stop(gone)
        shutil.rmtree(gone.home, ignore_errors=True)
    server.stop(layout)
    for leftover in (layout.state, layout.targets):
        leftover.unlink(missing_ok=True)
    postgres = installation.find(layout)
    passwords = {role: secrets.token_urlsafe(24) for role in LOGIN_ROLES}
    _make_data_directory(layout, postgres, passwords[ADMIN])
    port = server.start(layout, postgres, before.port if before else None)
    cluster = Cluster(layout, port, passwords, sources.fingerprint())
    build.build(cluster)
    databases.reset(cluster)
    # Last: a cluster without this file is half-made, and the next start makes it anew.
    cluster.save()
    return cluster


def _make_data_directory(layout: Layout, postgres: Installation, admin_password: str) -> None:
    # The initdb of a killed start may still be writing: each has a folder of its own until it has succeeded.
    for leftover in layout.home.glob("postgres.*.new"):
        shutil.rmtree(leftover, ignore_errors=True)
    new = layout.home / f"postgres.{os.getpid()}.new"
    new.mkdir(mode=0o700)
    password_file = layout.home / "password"
    try:
        write_private(password_file, admin_password)
        for path in (new, password_file):
            os.chown(path, postgres.account.uid, postgres.account.gid)
        code, printed = postgres.run(
            *("initdb", "--pgdata", str(new), "--username", ADMIN, "--pwfile", str(password_file)),
            # The built-in locale orders and compares alike on every platform.
            *("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
            *("--auth=scram-sha-256", "--no-sync", "--no-instructions"),
        )
    finally:
        password_file.unlink(missing_ok=True)
    if code != 0:
        raise SandboxError(f"initdb failed: {printed.splitlines()[-1] if printed else f'exit code {code}'}")
    if layout.data.exists():
        shutil.rmtree(layout.data)
    new.rename(layout.data)
