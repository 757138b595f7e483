"""A hosted database is believed when it proves that it is the one named, and not before."""

from __future__ import annotations

import datetime
import fcntl
import ipaddress
import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import psycopg
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from psycopg import sql

from provider.errors import ProviderError
from provider.postgres.session import Session
from provider.target import Target, load_target
from sandbox.cluster import Cluster
from sandbox.databases import Target as Database

SUPERUSER = "supabase_admin"
LOOPBACK = ipaddress.IPv4Address("127.0.0.1")


class Signed(NamedTuple):
    """A certificate that signs itself, and its key."""

    certificate: bytes
    key: bytes


def signed(address: ipaddress.IPv4Address) -> Signed:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a server of the tests")])
    now = datetime.datetime.now(datetime.UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(address)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return Signed(built.public_bytes(serialization.Encoding.PEM), private)


def serve_under(cluster: Cluster, shown: Signed | None) -> None:
    """Let the server speak TLS and show this certificate, or speak none."""
    data = cluster.layout.data
    if shown:
        owner = data.stat()
        for name, content in (("server.crt", shown.certificate), ("server.key", shown.key)):
            file = data / name
            file.write_bytes(content)
            file.chmod(0o600)
            os.chown(file, owner.st_uid, owner.st_gid)
    with psycopg.connect(cluster.url(SUPERUSER, "postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("ALTER SYSTEM SET ssl = {}").format(bool(shown)))
        connection.execute("SELECT pg_reload_conf()")
    while speaks_tls(cluster) != bool(shown):
        time.sleep(0.05)


def speaks_tls(cluster: Cluster) -> bool:
    """What a new connection finds: the server takes a moment to read its settings again."""
    with psycopg.connect(cluster.url(SUPERUSER, "postgres")) as connection:
        return connection.execute("SHOW ssl").fetchone() == ("on",)


@pytest.fixture
def cluster(sandbox_cluster: Cluster) -> Iterator[Cluster]:
    with (sandbox_cluster.layout.root / "tls").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)  # the server has one certificate for all workers
        yield sandbox_cluster
        serve_under(sandbox_cluster, None)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    shutil.copy(Path("sql/printed.json"), tmp_path / "printed.json")
    return tmp_path


def hosted(root: Path, database: Database, trusted: Signed) -> Target:
    (root / "ca.crt").write_bytes(trusted.certificate)
    config = {
        "target": "hosted",
        "environment": "scratch",
        "projectRef": database.ref,
        "databaseUrl": database.database_url,
        "databaseCa": "ca.crt",
        "printed": "printed.json",
    }
    return replace(load_target(config, root), landmark="auth.users")


def reached(target: Target) -> str | None:
    """The version of TLS under which the database answers."""
    session = Session(target)
    try:
        rows = session.query(sql.SQL("SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid()"))
        return str(rows[0][0])
    finally:
        session.close()


def test_the_database_named_is_reached_under_tls(
    cluster: Cluster, root: Path, staging_copy: Database
) -> None:
    shown = signed(LOOPBACK)
    serve_under(cluster, shown)
    assert (reached(hosted(root, staging_copy, shown)) or "").startswith("TLSv1.")


def test_a_server_under_another_certificate_is_not_believed(
    cluster: Cluster, root: Path, staging_copy: Database
) -> None:
    serve_under(cluster, signed(LOOPBACK))
    with pytest.raises(ProviderError, match=r"can't be reached: .*certificate verify failed"):
        reached(hosted(root, staging_copy, signed(LOOPBACK)))


def test_a_certificate_of_another_server_is_not_believed(
    cluster: Cluster, root: Path, staging_copy: Database
) -> None:
    shown = signed(ipaddress.IPv4Address("127.0.0.2"))
    serve_under(cluster, shown)
    with pytest.raises(ProviderError, match=r"can't be reached: .*127\.0\.0\.1"):
        reached(hosted(root, staging_copy, shown))


def test_a_server_without_tls_is_told_nothing(cluster: Cluster, root: Path, staging_copy: Database) -> None:
    serve_under(cluster, None)
    with pytest.raises(ProviderError, match=r"can't be reached: .*does not support SSL"):
        reached(hosted(root, staging_copy, signed(LOOPBACK)))
