"""The way to the engine's display."""

from __future__ import annotations

import contextlib
from typing import Any

import grpc

from provider.notes import Note
from provider.protocol import engine_pb2, engine_pb2_grpc

_SECONDS = 5.0


class EngineLog:
    """Lines below the resources that they are about. A change never depends on whether they are shown."""

    def __init__(self) -> None:
        self._engine: Any = None

    def connect(self, address: str) -> None:
        """Tell the engine at this address from now on; before, and without one, nobody is told."""
        self._engine = engine_pb2_grpc.EngineStub(grpc.insecure_channel(address)) if address else None

    def tell(self, urn: str, note: Note) -> None:
        """Show a line for good."""
        severity = engine_pb2.WARNING if note.warning else engine_pb2.INFO
        self._send(engine_pb2.LogRequest(severity=severity, message=note.text, urn=urn))

    def show(self, urn: str, text: str) -> None:
        """Show a line until the next one."""
        self._send(engine_pb2.LogRequest(severity=engine_pb2.INFO, message=text, urn=urn, ephemeral=True))

    def _send(self, request: Any) -> None:
        if self._engine is not None:
            with contextlib.suppress(grpc.RpcError):
                self._engine.Log(request, timeout=_SECONDS)
