"""The provider as a process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import grpc
import pulumi  # noqa: F401  the SDK as a whole, before the provider's stand-in would take its place
import pytest

from provider.protocol import provider_pb2, provider_pb2_grpc
from sandbox import databases
from tests.fix_project import Project

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def process(project: Project, blank_database: databases.Target) -> Iterator[subprocess.Popen[str]]:
    """A provider of the blank database, as an engine starts it."""
    project.publish(blank_database)
    config = {
        "target": "sandbox",
        "environment": "scratch",
        "projectRef": blank_database.ref,
        "landmark": "auth.users",
    }
    command = [sys.executable, str(ROOT / "provider"), "127.0.0.1:1"]
    environment = {**os.environ, "PULUMI_CONFIG": json.dumps(config)}
    with subprocess.Popen(
        command, cwd=project.root, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as started:
        yield started
        started.kill()


@pytest.mark.parametrize("request_to_stop", [signal.SIGINT, signal.SIGTERM])
def test_it_tells_its_port_serves_and_stops_quietly(
    process: subprocess.Popen[str], request_to_stop: signal.Signals
) -> None:
    assert process.stdout is not None
    port = int(process.stdout.readline())
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        stub = provider_pb2_grpc.ResourceProviderStub(channel)
        assert stub.Configure(
            provider_pb2.ConfigureRequest(), wait_for_ready=True, timeout=30
        ).supportsPreview
    process.send_signal(request_to_stop)
    rest, errors = process.communicate(timeout=30)
    assert (process.returncode, rest, errors) == (0, "", "")
