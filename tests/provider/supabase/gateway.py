"""A server that answers as it was told: where functions are served, or aren't."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Gateway:
    """What it was asked, and what it answers: each status once, the last one from then on."""

    url: str
    asked: list[tuple[str, str]] = field(default_factory=list)
    statuses: list[int] = field(default_factory=lambda: [204])
    message: str = ""

    def answer(self, *statuses: int, message: str = "") -> None:
        self.statuses, self.message = list(statuses), message

    def next(self) -> int:
        return self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]

    @staticmethod
    @contextmanager
    def opened() -> Iterator[Gateway]:
        """Serves until the end."""
        gateway = Gateway("")

        class Handler(BaseHTTPRequestHandler):
            def do_OPTIONS(self) -> None:
                gateway.asked.append((self.command, self.path))
                body = json.dumps({"message": gateway.message}).encode()
                self.send_response(gateway.next())
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the server's name for it
                pass

        with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            gateway.url = f"http://127.0.0.1:{server.server_address[1]}"
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            try:
                yield gateway
            finally:
                server.shutdown()
                thread.join()
