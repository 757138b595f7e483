"""Functions as their callers see them, in a project of the stand-ins that has no database."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
import jwt
import pytest

from sandbox.apis.process import Apis
from tests.fix_apis import Api

Deploy = Callable[..., None]


_TELLING = """
async function told() {
  return CODE;
}
Deno.serve(async () => {
  try {
    return Response.json({ value: (await told()) ?? null });
  } catch (error) {
    return Response.json({ value: error.name });
  }
});
"""


@dataclass(frozen=True)
class Edge:
    """One project's functions."""

    api: Api
    url: str

    def deploy(self, slug: str, code: str, *, verify_jwt: bool = False, **files: str) -> None:
        """Make a function of one file, and of further ones given by their names before `.ts`."""
        more = {f"{name}.ts": text for name, text in files.items()}
        answer = self.api.deploy(slug, {"index.ts": code, **more}, verify_jwt=verify_jwt)
        assert answer.status_code == 201, answer.text

    def ask(self, path: str, method: str = "GET", **given: Any) -> httpx.Response:
        """Call a function."""
        return httpx.request(method, f"{self.url}/functions/v1/{path}", trust_env=False, timeout=60, **given)

    def value(self, code: str) -> Any:
        """What an expression is within a function, or the name of the error that it throws."""
        self.deploy("value", _TELLING.replace("CODE", code))
        return self.ask("value").json()["value"]

    def token(self, **claims: Any) -> str:
        """A token of the project."""
        return jwt.encode(claims, self.api.live.jwt_secret, "HS256")


@pytest.fixture
def edge(api: Api, apis: Apis) -> Edge:
    """A new project's functions."""
    url = apis.api_url(api.ref)
    assert url, "there is a Deno among what the tests need"
    return Edge(api, url)
