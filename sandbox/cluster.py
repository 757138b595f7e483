"""What is known of a built cluster: where it listens, its passwords, and what it was built from."""

from __future__ import annotations

import json
from typing import NamedTuple, Self

from sandbox.errors import SandboxError
from sandbox.layout import Layout, write_private

ADMIN = "supabase_admin"
OWNER = "postgres"
READER = "sandbox_reader"
LIMITED_READER = "sandbox_reader_limited"
LOGIN_ROLES = (ADMIN, OWNER, READER, LIMITED_READER, "authenticator", "supabase_auth_admin")


class Cluster(NamedTuple):
    """A cluster whose databases are complete: its file is written last, so a half-made one has none."""

    layout: Layout
    port: int
    passwords: dict[str, str]
    built_from: str

    def __repr__(self) -> str:
        return f"Cluster({self.layout.root}, port {self.port})"

    @classmethod
    def load(cls, layout: Layout) -> Self | None:
        """The cluster of this project; None when none was completed."""
        try:
            text = layout.state.read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        except PermissionError:
            raise SandboxError(
                f"{layout.state} belongs to uid {layout.state.stat().st_uid}, who made this sandbox. "
                "Run as that user, or remove .sandbox/ and start again."
            ) from None
        try:
            return cls(layout, **json.loads(text))
        except (ValueError, TypeError):
            return None

    def save(self) -> None:
        known = {"port": self.port, "passwords": self.passwords, "built_from": self.built_from}
        write_private(self.layout.state, json.dumps(known, indent=2) + "\n")

    def url(self, role: str, database: str) -> str:
        return f"postgresql://{role}:{self.passwords[role]}@127.0.0.1:{self.port}/{database}"
